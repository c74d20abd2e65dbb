// Signatures of Standard Webhooks (www.standardwebhooks.com), version 1, with nothing but node:crypto, to show what is
// signed. The library `standardwebhooks` does the same.
import { createHmac, timingSafeEqual } from 'node:crypto'

const TOLERANCE_SECONDS = 5 * 60

/** The signature of a body; `timestamp` is in seconds since 1970. */
export function sign (secret, id, timestamp, body) {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return 'v1,' + createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')
}

/** Whether one of the signatures in `signatures` is that of the body, and not older than five minutes. */
export function isGenuine (secret, { id, timestamp, signatures }, body) {
  if (!id || !signatures || !(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS)) return false
  const expected = Buffer.from(sign(secret, id, timestamp, body))
  return signatures.split(' ').some(signature => {
    const actual = Buffer.from(signature)
    return actual.length === expected.length && timingSafeEqual(actual, expected)
  })
}
