// The inbound webhook: the bank says that an order is paid. Anybody can send something to its path, so nothing is
// believed before the signature is verified.
import { respond } from '../event-server.mjs'
import { emit } from '../events.mjs'
import { isGenuine } from '../standard-webhooks.mjs'
import { bodyAsSent } from './body-as-sent.mjs'

/** Makes an event `payment.received` of a genuine webhook. */
export function paymentWebhook (secret) {
  return async ({ event, text, headers }) => {
    const sent = event.data.headers
    const id = sent['Webhook-Id']
    const claimed = { id, timestamp: sent['Webhook-Timestamp'], signatures: sent['Webhook-Signature'] }
    if (!isGenuine(secret, claimed, bodyAsSent(text))) return respond(401, { error: 'the signature is wrong or too old' })
    const { order, amount } = event.data.body
    if (typeof order !== 'string' || typeof amount !== 'number') return respond(400, { error: 'order or amount is missing' })
    const payment = { id, type: 'payment.received', source: '/bank', subject: order, data: { order, amount } }
    // A bank that got no answer sends its webhook again; the gateway takes the second one for the first.
    await emit(payment, headers, { 'X-Deduplication-Key': id })
    return respond(200, { received: id })
  }
}
