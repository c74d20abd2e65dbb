// Sends a CloudEvent to the gateway without an SDK: in binary mode it is a handful of headers. The programs in
// `producers` do the same with the SDKs.
import { randomUUID } from 'node:crypto'

const { SHOP_URL, PRODUCER_TOKEN } = process.env

/**
 * Sends an event and returns once the gateway has stored it for every subscriber; fails otherwise. `call` are the headers
 * of the call that this event follows from: copying the hops is what lets the gateway end a loop.
 */
export async function emit ({ id = randomUUID(), type, source, subject, data }, call, more = {}) {
  const response = await fetch(SHOP_URL, {
    method: 'POST',
    headers: {
      'ce-specversion': '1.0',
      'ce-id': id,
      'ce-type': type,
      'ce-source': source,
      'ce-subject': subject,
      'ce-time': new Date().toISOString(),
      'Content-Type': 'application/json',
      Authorization: `Bearer ${PRODUCER_TOKEN}`,
      'X-Event-Gateway-Hops': call['x-event-gateway-hops'] ?? '0',
      ...more
    },
    body: JSON.stringify(data)
  })
  if (response.status !== 202) throw new Error(`${type} was not taken: ${response.status} ${await response.text()}`)
}
