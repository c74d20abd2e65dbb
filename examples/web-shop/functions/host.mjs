// Runs the small functions of the shop in one process. In a cloud each would be deployed by itself.
import { serve } from '../event-server.mjs'
import { allowOnly } from './authorizer.mjs'
import { estimateV1, estimateV2 } from './delivery-estimate.mjs'
import { paymentWebhook } from './payment-webhook.mjs'
import { signIn } from './sign-in.mjs'
import { recordEvent, showTimeline } from './timeline.mjs'

const { TOKEN_SECRET, PAYMENT_WEBHOOK_SECRET } = process.env

await serve({
  '/allow-customers': allowOnly('customer', TOKEN_SECRET),
  '/allow-producers': allowOnly('producer', TOKEN_SECRET),
  '/sign-in': signIn(TOKEN_SECRET),
  '/delivery-estimate/v1': estimateV1,
  '/delivery-estimate/v2': estimateV2,
  '/payment-webhook': paymentWebhook(PAYMENT_WEBHOOK_SECRET),
  '/timeline/record': recordEvent,
  '/timeline/show': showTimeline
})
