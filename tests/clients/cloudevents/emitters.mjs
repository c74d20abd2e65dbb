// The same order to emit a CloudEvent, carried out by the JavaScript SDK or by the Python SDK.
import { cloudevents } from '../installed.mjs'
import { PythonProgram } from '../python-program.mjs'

const { CloudEvent, HTTP, Mode, emitterFor } = cloudevents

/** Emits with npm `cloudevents`. An order is `{ url, mode, attributes, data }`; the answer `{ status, body }`. */
export class JavaScriptEmitter {
  async emit ({ url, mode, attributes, data }) {
    const payload = data.base64 === undefined ? data.value : Buffer.from(data.base64, 'base64')
    const transport = async ({ headers, body }) => {
      const response = await fetch(url, { method: 'POST', headers, body })
      return { status: response.status, body: await response.text() }
    }
    const emit = emitterFor(transport, { binding: HTTP, mode: mode === 'binary' ? Mode.BINARY : Mode.STRUCTURED })
    return emit(new CloudEvent({ ...attributes, data: payload }))
  }

  async stop () {}
}

/** Emits with PyPI `cloudevents`; orders are carried out one after the other. */
export class PythonEmitter {
  #program = new PythonProgram(new URL('emitter.py', import.meta.url))
  #orders = 0

  async emit (order) {
    const number = this.#orders++
    this.#program.write(order)
    return this.#program.line((_, index) => index === number)
  }

  stop () {
    return this.#program.stop()
  }
}
