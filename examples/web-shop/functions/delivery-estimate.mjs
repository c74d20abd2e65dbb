// Two versions of the same function. `gateway.json` sends a tenth of the calls to the new one.
import { respond } from '../event-server.mjs'

/** Version 1 says how many days. */
export function estimateV1 () {
  return respond(200, { version: 'v1', text: 'delivered within 3 days' })
}

/** Version 2 says which day. */
export function estimateV2 () {
  const day = new Date(Date.now() + 3 * 24 * 3600 * 1000).toISOString().slice(0, 10)
  return respond(200, { version: 'v2', text: `delivered by ${day}` })
}
