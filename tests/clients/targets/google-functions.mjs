// Functions of Google's functions-framework, in both languages: `received` takes CloudEvents, `answer` answers requests.
import { once } from 'node:events'

import { functionsFramework } from '../installed.mjs'
import { PythonProgram } from '../python-program.mjs'
import { until } from '../until.mjs'

const { functions, testing } = functionsFramework

/** Functions of npm `@google-cloud/functions-framework`. */
export class JavaScriptFunctions {
  #servers = []
  #events = []

  static async start () {
    const started = new JavaScriptFunctions()
    functions.cloudEvent('received', ({ data, data_base64: base64, ...event }) => {
      const received = { event: JSON.parse(JSON.stringify(event)), base64 }
      if (Buffer.isBuffer(data)) received.base64 = data.toString('base64')
      else received.data = data
      started.#events.push(received)
    })
    functions.http('answer', (request, response) => {
      const event = JSON.parse(request.rawBody)
      response.json({
        statusCode: 201,
        headers: { 'X-Language': 'JavaScript' },
        body: JSON.stringify({ got: event.data })
      })
    })
    started.urls = {}
    for (const target of ['received', 'answer']) {
      const server = testing.getTestServer(target)
      await once(server.listen(0, '127.0.0.1').unref(), 'listening')
      started.#servers.push(server)
      started.urls[target] = `http://127.0.0.1:${server.address().port}`
    }
    return started
  }

  event (id) {
    return until('the function gets the event', () => this.#events.find(({ event }) => event.id === id))
  }

  async stop () {
    for (const server of this.#servers) {
      server.close()
      server.closeAllConnections()
    }
  }
}

/** Functions of PyPI `functions-framework`. */
export class PythonFunctions {
  #program = new PythonProgram(new URL('google_function.py', import.meta.url))

  static async start () {
    const started = new PythonFunctions()
    const { ports } = await started.#program.line(line => line.ports)
    started.urls = Object.fromEntries(
      Object.entries(ports).map(([target, port]) => [target, `http://127.0.0.1:${port}`])
    )
    return started
  }

  event (id) {
    return this.#program.line(line => line.event?.id === id)
  }

  stop () {
    return this.#program.stop()
  }
}
