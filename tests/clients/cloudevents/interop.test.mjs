// CloudEvents 1.0 and 0.3 between the official SDKs, through the gateway: whatever emits, whatever receives, in every
// mode and for every kind of data, the function parses the event that was meant.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { LocalGateway } from '../local-gateway.mjs'
import { JavaScriptEmitter, PythonEmitter } from './emitters.mjs'
import { JavaScriptFunction, PythonFunction } from './functions.mjs'

const TYPE = 'order.placed'
const TIME = '2026-03-04T05:06:07.890Z'
const BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('base64')
const PAYLOADS = [
  ['application/json', { kind: 'json', value: { name: 'Zoë', list: [1, 2.5, null, true], of: { '<&>': '\u2028' } } }],
  ['application/json', { kind: 'json', value: [{ id: 1 }, { id: 2 }] }],
  ['text/plain', { kind: 'text', value: 'Grüße,\n"Zoë"\t\\' }],
  ['application/octet-stream', { kind: 'binary', base64: BYTES }],
  ['image/png', { kind: 'binary', base64: 'iVBORw0KGgo=' }]
]
const SCHEMA = { '1.0': 'dataschema', 0.3: 'schemaurl' }

describe('CloudEvents through the gateway', () => {
  let gateway
  const emitters = {}
  const functions = {}
  const paths = {}
  let events = 0

  before(async () => {
    gateway = await LocalGateway.start()
    Object.assign(emitters, { JavaScript: new JavaScriptEmitter(), Python: new PythonEmitter() })
    functions.JavaScript = await JavaScriptFunction.start()
    functions.Python = await PythonFunction.start()
    for (const [language, { url }] of Object.entries(functions)) {
      const client = gateway.client()
      const { space } = client.config
      await client.createEventType({ name: TYPE })
      await client.createFunction({ functionId: 'function', type: 'http', provider: { url } })
      for (const type of ['sync', 'async']) {
        paths[`${type} ${language}`] = `/${space}/${type}`
        await client.subscribe({ type, eventType: TYPE, functionId: 'function', path: `/${space}/${type}` })
      }
    }
  })
  after(async () => {
    await gateway.stop()
    await Promise.all([...Object.values(emitters), ...Object.values(functions)].map(program => program.stop()))
  })

  /** Attributes that every event of these tests carries, with an id of its own. */
  function attributesOf (specversion, datacontenttype) {
    const id = `event-${++events}`
    const required = { specversion, id, source: 'https://shop.example/orders?a=b', type: TYPE }
    const schema = { [SCHEMA[specversion]]: 'https://shop.example/schema.json' }
    return { ...required, subject: 'order 7', time: TIME, datacontenttype, ...schema }
  }

  /** Emits through a subscription and returns what the function saw, from its answer or from the function itself. */
  async function deliver (type, emitter, language, order) {
    const url = gateway.eventsUrl + paths[`${type} ${language}`]
    const { status, body } = await emitters[emitter].emit({ url, ...order })
    assert.equal(status, type === 'sync' ? 200 : 202, body)
    return type === 'sync' ? JSON.parse(body) : functions[language].seen(order.attributes.id)
  }

  for (const specversion of ['1.0', '0.3']) {
    for (const emitter of ['JavaScript', 'Python']) {
      for (const language of ['JavaScript', 'Python']) {
        for (const mode of ['structured', 'binary']) {
          for (const type of ['sync', 'async']) {
            it(`${specversion}, ${emitter} emits ${mode}, ${type} to ${language}`, async () => {
              for (const [datacontenttype, data] of PAYLOADS) {
                const attributes = attributesOf(specversion, datacontenttype)
                // Headers carry text; the JSON format keeps the type of an extension.
                const typed = mode === 'binary' ? {} : { priority: 7, urgent: true }
                const extensions = { region: 'north', ...typed }
                const order = { mode, attributes: { ...attributes, ...extensions }, data }
                const seen = await deliver(type, emitter, language, order)
                assert.equal(seen.refused, undefined, seen.body)
                const time = new Date(seen.attributes.time).toISOString()
                assert.deepEqual({ ...seen, attributes: { ...seen.attributes, time } }, {
                  attributes, extensions, data, contentType: 'application/cloudevents+json'
                })
              }
            })
          }
        }
      }
    }
  }

  it('binary data of a binary-mode event arrives in the form of its version', async () => {
    for (const specversion of ['1.0', '0.3']) {
      const attributes = attributesOf(specversion, 'application/octet-stream')
      await deliver('async', 'JavaScript', 'JavaScript', { mode: 'binary', attributes, data: { base64: BYTES } })
      const { data, data_base64: base64, datacontentencoding } = await functions.JavaScript.raw(attributes.id)
      const expected = { '1.0': [undefined, BYTES, undefined], 0.3: [BYTES, undefined, 'base64'] }
      assert.deepEqual([data, base64, datacontentencoding], expected[specversion])
    }
  })

  it('a 0.3 event that says it is base64 itself arrives as the bytes it stands for', async () => {
    for (const language of ['JavaScript', 'Python']) {
      const attributes = { ...attributesOf('0.3', 'application/octet-stream'), datacontentencoding: 'base64' }
      const order = { mode: 'structured', attributes, data: { kind: 'text', value: BYTES } }
      const seen = await deliver('sync', 'JavaScript', language, order)
      assert.deepEqual(seen.data, { kind: 'binary', base64: BYTES })
    }
  })

  it('only the required attributes, as in the first example of the Python SDK', async () => {
    for (const mode of ['structured', 'binary']) {
      const attributes = { id: `event-${++events}`, source: 'https://example.com/event-producer', type: TYPE }
      const data = { kind: 'json', value: { message: 'Hello World!' } }
      const seen = await deliver('sync', 'Python', 'Python', { mode, attributes, data })
      for (const [name, value] of Object.entries(attributes)) assert.equal(seen.attributes[name], value)
      assert.deepEqual([seen.attributes.specversion, seen.data], ['1.0', data])
    }
  })

  it('integers keep their digits', async () => {
    // Written as text, because JavaScript itself could not hold this number.
    const event = `{"specversion":"1.0","id":"1","source":"/a","type":"${TYPE}","data":{"count":9007199254740993}}`
    const headers = { 'content-type': 'application/cloudevents+json' }
    const response = await fetch(gateway.eventsUrl + paths['sync Python'], { method: 'POST', headers, body: event })
    assert.match(await response.text(), /"count": 9007199254740993\b/)
  })
})
