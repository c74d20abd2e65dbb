// A real HTTP function: remembers what it was called with and answers what the test wants.
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'

import { until } from './until.mjs'

/** An HTTP server that plays a function behind the gateway. */
export class RecordingFunction {
  #server

  /** Calls in the order of their arrival: `{ method, url, headers, body }`. */
  calls = []

  /**
   * Starts a function; `answer(call)` gives `{ status, headers, body }`, all optional. With `tls`, the options of Node's
   * https server, it is named `localhost`.
   */
  static async start (answer = () => ({}), tls = undefined) {
    const recording = new RecordingFunction()
    const serve = async (request, response) => {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      const { method, url, headers: received } = request
      const call = { method, url, headers: received, body: Buffer.concat(chunks).toString('utf8') }
      recording.calls.push(call)
      const { status = 200, headers = {}, body = '{}' } = answer(call)
      response.writeHead(status, headers).end(body)
    }
    recording.#server = tls ? https.createServer(tls, serve) : http.createServer(serve)
    await once(recording.#server.listen(0, '127.0.0.1').unref(), 'listening')
    const origin = tls ? 'https://localhost' : 'http://127.0.0.1'
    recording.url = `${origin}:${recording.#server.address().port}/`
    return recording
  }

  /** The event of each call so far. */
  get events () {
    return this.calls.map(call => JSON.parse(call.body))
  }

  /** Waits for an event that `matches` and returns it. */
  event (matches = () => true) {
    return until('an event reaches the function', () => this.events.find(matches))
  }

  async stop () {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

/** A response object for the client of a sync subscription. */
export function respond (statusCode, body, headers = {}) {
  return { body: JSON.stringify({ statusCode, headers, body: JSON.stringify(body) }) }
}
