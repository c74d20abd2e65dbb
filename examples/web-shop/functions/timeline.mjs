// What happened to an order: an async subscriber fills it, a sync one shows it.
import { Deliveries, customerOf, respond } from '../event-server.mjs'

const timelines = new Map()
const deliveries = new Deliveries()

function timelineOf (order) {
  if (!timelines.has(order)) timelines.set(order, { customer: undefined, entries: [] })
  return timelines.get(order)
}

/** Async: an event about an order. Events of different types come in any order. */
export function recordEvent ({ event, headers }) {
  deliveries.once(headers, () => {
    const timeline = timelineOf(event.subject)
    if (event.type === 'order.placed') timeline.customer = event.data.customer
    const { type, time, source, data } = event
    timeline.entries.push({ type, time, source, data })
    timeline.entries.sort((a, b) => Date.parse(a.time) - Date.parse(b.time))
    console.log(`${type} for order ${event.subject}`)
  })
}

/** Sync: the events so far, for the customer who placed the order. */
export function showTimeline ({ event }) {
  const timeline = timelines.get(event.data.params.id)
  // Whose order it is comes with an event as well; until then there is nothing to show.
  if (timeline?.customer !== customerOf(event)) return respond(404, { error: 'no such order' })
  return respond(200, timeline.entries)
}
