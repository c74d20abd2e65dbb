// Authorizers: the gateway asks before it passes an event on. 401 and 403 refuse, an `authorization` allows.
import { Refusal } from '../event-server.mjs'
import { claimsOf } from './tokens.mjs'

/** An authorizer that lets those through who have a token with this role. */
export function allowOnly (role, secret) {
  return ({ event: { request } }) => {
    const [scheme, token] = (request.headers.Authorization ?? '').split(' ')
    const claims = scheme.toLowerCase() === 'bearer' && token ? claimsOf(token, secret) : undefined
    if (!claims) throw new Refusal(401, 'a token is missing, or not valid')
    if (claims.role !== role) throw new Refusal(403, `the token is not that of a ${role}`)
    return { authorization: { principalId: claims.sub, context: { role } } }
  }
}
