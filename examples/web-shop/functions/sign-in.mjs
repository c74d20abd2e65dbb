// Signs a customer in. Whoever says a name has it: a real shop would ask for more, or leave it to an identity provider.
import { respond } from '../event-server.mjs'
import { issue } from './tokens.mjs'

const HOUR = 3600

/** Answers a name with a token for an hour. */
export function signIn (secret) {
  return ({ event }) => {
    const name = event.data.body?.name
    if (typeof name !== 'string' || !/^\w{1,30}$/.test(name)) return respond(400, { error: 'name: 1 to 30 letters or digits' })
    return respond(201, { token: issue({ subject: name, role: 'customer', seconds: HOUR }, secret) })
  }
}
