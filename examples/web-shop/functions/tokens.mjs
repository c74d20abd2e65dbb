// JSON Web Tokens with HMAC (HS256): what `sign-in` hands out and the authorizers check.
import { createHmac, timingSafeEqual } from 'node:crypto'

const HEADER = encode({ alg: 'HS256', typ: 'JWT' })

function encode (value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function signature (text, secret) {
  return createHmac('sha256', secret).update(text).digest()
}

/** A token for `subject` in a `role`, good for so many seconds. */
export function issue ({ subject, role, seconds }, secret) {
  const exp = Math.floor(Date.now() / 1000) + seconds
  const text = `${HEADER}.${encode({ sub: subject, role, exp })}`
  return `${text}.${signature(text, secret).toString('base64url')}`
}

/** The claims of a token; nothing for one that is not ours, was changed or has expired. */
export function claimsOf (token, secret) {
  const [header, claims, signed] = token.split('.')
  // No other algorithm is accepted, whatever the token says about itself.
  if (header !== HEADER || !claims || !signed) return undefined
  const expected = signature(`${header}.${claims}`, secret)
  const actual = Buffer.from(signed, 'base64url')
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined
  const read = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'))
  return read.exp > Date.now() / 1000 ? read : undefined
}
