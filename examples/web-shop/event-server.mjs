// How a Node program is a function behind the gateway: an HTTP server that takes events and answers what functions
// answer. No dependencies; with AWS Lambda or functions-framework the handlers would be the same.
import { once } from 'node:events'
import http from 'node:http'

/** Thrown by a handler that answers the gateway itself with an HTTP status, as authorizers and webhooks do. */
export class Refusal extends Error {
  constructor (status, message) {
    super(message)
    this.status = status
  }
}

/**
 * Serves handlers by path and prints the address. A handler gets `{ event, text, headers }` (the event, the bytes that
 * it came in as, the headers of the call) and returns what is answered as JSON.
 */
export async function serve (handlers) {
  const server = http.createServer(async (request, response) => {
    const { status, body } = await answerOf(handlers, request)
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  })
  await once(server.listen(Number(process.env.PORT ?? 0), '127.0.0.1'), 'listening')
  console.log(`listening on http://127.0.0.1:${server.address().port}`)
}

async function answerOf (handlers, request) {
  try {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString('utf8')
    const handler = handlers[request.url]
    if (!handler) throw new Refusal(404, `nothing is served at ${request.url}`)
    return { status: 200, body: (await handler({ event: JSON.parse(text), text, headers: request.headers })) ?? {} }
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, body: { error: error.message } }
    // The gateway tries an async delivery again, and tells a sync caller no more than that the call failed.
    console.error(error)
    return { status: 500, body: { error: 'failed' } }
  }
}

/** The response object that a sync function answers the caller with. */
export function respond (statusCode, body, headers = {}) {
  return { statusCode, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** Who sent an `http.request`, as its authorizer said. */
export function customerOf (event) {
  return event.extensions.eventgateway.authorization.principalId
}

/**
 * Deliveries are made at least once. A function that has an effect remembers the ids of those that it has carried out;
 * a real one keeps them in the same transaction as the effect.
 */
export class Deliveries {
  #done = new Set()

  /** Carries out `effect` unless it was for this delivery already. */
  once (headers, effect) {
    const id = headers['webhook-id']
    if (this.#done.has(id)) return
    effect()
    this.#done.add(id)
  }
}
