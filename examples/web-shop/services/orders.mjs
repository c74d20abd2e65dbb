// Orders, in Node. The gateway routes: each operation is a function of its own in `gateway.json`, so there is no router
// here and no HTTP but that of functions. Orders live in memory.
import { randomUUID } from 'node:crypto'

import { Deliveries, customerOf, respond, serve } from '../event-server.mjs'
import { emit } from '../events.mjs'

const { SHOP_URL } = process.env
const orders = new Map()
const deliveries = new Deliveries()

/** POST /orders */
async function placeOrder ({ event, headers }) {
  const { sku, quantity } = event.data.body ?? {}
  if (typeof sku !== 'string' || !Number.isInteger(quantity) || quantity < 1) {
    return respond(400, { error: 'sku: a text, quantity: a whole number from 1' })
  }
  // Through the gateway like everybody else. The hops are copied as `emit` does.
  const hops = { 'X-Event-Gateway-Hops': headers['x-event-gateway-hops'] }
  const found = await fetch(`${SHOP_URL}/catalogue/${encodeURIComponent(sku)}`, { headers: hops })
  if (found.status === 404) return respond(400, { error: `there is no ${sku}` })
  if (!found.ok) throw new Error(`the catalogue answered ${found.status}`)
  const item = await found.json()
  if (item.stock < quantity) return respond(409, { error: `only ${item.stock} of ${sku} left` })

  const order = {
    id: randomUUID(),
    customer: customerOf(event),
    sku,
    quantity,
    total: item.price * quantity,
    status: 'placed'
  }
  // The event may come back as a payment before `emit` returns, so the order is there first.
  orders.set(order.id, order)
  try {
    await emit({ type: 'order.placed', source: '/orders', subject: order.id, data: order }, headers)
  } catch (error) {
    orders.delete(order.id)
    throw error
  }
  console.log(`order ${order.id}: ${quantity} ${sku} for ${order.customer}`)
  return respond(201, order, { Location: `/orders/${order.id}` })
}

/** GET /orders/:id */
function showOrder ({ event }) {
  const order = orders.get(event.data.params.id)
  return order?.customer === customerOf(event) ? respond(200, order) : respond(404, { error: 'no such order' })
}

/** Async: payment.received */
function markPaid ({ event, headers }) {
  const order = orders.get(event.subject)
  if (!order) return console.log(`payment for an order that is not known: ${event.subject}`)
  deliveries.once(headers, () => { order.status = 'paid' })
}

await serve({ '/place': placeOrder, '/show': showOrder, '/mark-paid': markPaid })
