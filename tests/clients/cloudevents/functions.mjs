// The same function behind the gateway, built on the JavaScript SDK or on the Python SDK: it parses what it is called
// with and describes it as `{ attributes, extensions, data, contentType }`, to its caller and to the test.
import { cloudevents } from '../installed.mjs'
import { PythonProgram } from '../python-program.mjs'
import { RecordingFunction, respond } from '../recording-function.mjs'
import { until } from '../until.mjs'

const ATTRIBUTES = [
  'specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'dataschema', 'schemaurl'
]

/** A function on npm `cloudevents`; its calls can also be read raw. */
export class JavaScriptFunction {
  #server
  #seen = []

  static async start () {
    const started = new JavaScriptFunction()
    started.#server = await RecordingFunction.start(call => {
      const seen = describe(call)
      started.#seen.push(seen)
      return respond(200, seen)
    })
    started.url = started.#server.url
    return started
  }

  /** The description of the event with this id. */
  seen (id) {
    return until(`event ${id} reaches the function`, () => this.#seen.find(seen => seen.attributes.id === id))
  }

  /** The JSON of the event with this id as it came over the wire. */
  raw (id) {
    return this.#server.event(event => event.id === id)
  }

  /** How often it was called with this event. */
  count (id) {
    return this.#seen.filter(seen => seen.attributes.id === id).length
  }

  stop () {
    return this.#server.stop()
  }
}

/** A function on PyPI `cloudevents`. */
export class PythonFunction {
  #program = new PythonProgram(new URL('function.py', import.meta.url))

  static async start () {
    const started = new PythonFunction()
    started.url = (await started.#program.line(line => line.url)).url
    return started
  }

  seen (id) {
    return this.#program.line(line => line.attributes?.id === id || line.refused)
  }

  stop () {
    return this.#program.stop()
  }
}

function describe ({ headers, body }) {
  const contentType = headers['content-type']
  let event
  try {
    event = cloudevents.HTTP.toEvent({ headers, body })
  } catch (error) {
    return { attributes: {}, refused: String(error), body, contentType }
  }
  const attributes = {}
  for (const name of ATTRIBUTES) {
    if (event[name] !== undefined) attributes[name] = event[name]
  }
  const ignored = [...ATTRIBUTES, 'data', 'data_base64', 'datacontentencoding']
  const extensions = Object.fromEntries(Object.entries(event).filter(([name]) => !ignored.includes(name)))
  return { attributes, extensions, data: describeData(event.data), contentType }
}

function describeData (data) {
  // The SDK hands out bytes as a typed array with one element a byte.
  if (ArrayBuffer.isView(data)) return { kind: 'binary', base64: Buffer.from(Array.from(data)).toString('base64') }
  return { kind: typeof data === 'string' ? 'text' : 'json', value: data }
}
