// The warehouse tells of new stock, with npm `cloudevents`: node restock.mjs SKU CHANGE
import { CloudEvent, HTTP, Mode, emitterFor } from 'cloudevents'

const { SHOP_URL, PRODUCER_TOKEN } = process.env
const [sku, change] = process.argv.slice(2)
if (!SHOP_URL || !PRODUCER_TOKEN || !sku || !Number.isInteger(Number(change ?? NaN))) {
  console.error('usage: node restock.mjs SKU CHANGE, with SHOP_URL and PRODUCER_TOKEN as start.mjs prints them')
  process.exit(2)
}

const event = new CloudEvent({
  type: 'stock.changed',
  source: '/warehouse',
  subject: sku,
  data: { sku, change: Number(change) }
})

// The SDK's own httpTransport does not say how the request was answered.
async function send ({ headers, body }) {
  const authorized = { ...headers, authorization: `Bearer ${PRODUCER_TOKEN}` }
  const response = await fetch(SHOP_URL, { method: 'POST', headers: authorized, body })
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`)
}

await emitterFor(send, { binding: HTTP, mode: Mode.BINARY })(event)
console.log(`sent ${event.type} ${event.id}`)
