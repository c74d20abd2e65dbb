// A bank, which knows nothing of the gateway: it takes signed webhooks about orders, and sends a signed one about each
// payment. Run by somebody else, somewhere else.
import { randomUUID } from 'node:crypto'

import { Refusal, serve } from '../event-server.mjs'
import { isGenuine, sign } from '../standard-webhooks.mjs'

const { ORDER_WEBHOOK_SECRET, PAYMENT_WEBHOOK_SECRET, PAYMENT_WEBHOOK_URL } = process.env
const payments = new Map()

/** Takes the webhook of an order: the event, signed by the gateway. */
async function charge ({ event, text, headers }) {
  const id = headers['webhook-id']
  const claimed = { id, timestamp: headers['webhook-timestamp'], signatures: headers['webhook-signature'] }
  if (!isGenuine(ORDER_WEBHOOK_SECRET, claimed, text)) throw new Refusal(401, 'the signature is wrong')
  // A delivery that comes a second time is no second payment: the same webhook is sent again, under the same id.
  if (!payments.has(id)) payments.set(id, { id: randomUUID(), order: event.data.id, amount: event.data.total })
  await announce(payments.get(id))
}

async function announce ({ id, order, amount }) {
  const timestamp = Math.floor(Date.now() / 1000)
  const body = JSON.stringify({ type: 'payment.received', order, amount }, null, 2)
  const signature = sign(PAYMENT_WEBHOOK_SECRET, id, timestamp, body)
  const response = await fetch(PAYMENT_WEBHOOK_URL, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature
    },
    body
  })
  if (!response.ok) throw new Error(`the shop answered ${response.status}`)
  console.log(`order ${order} is paid`)
}

await serve({ '/orders': charge })
