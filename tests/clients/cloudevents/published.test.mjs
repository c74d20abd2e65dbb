// The test data of the SDKs through the gateway: what an SDK takes reaches functions of both SDKs as the event that each
// of them reads from the request itself, and what it refuses reaches nobody.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { cloudevents } from '../installed.mjs'
import { LocalGateway } from '../local-gateway.mjs'
import { JavaScriptFunction, PythonFunction } from './functions.mjs'
import { requestsOfJavaScript, requestsOfPython } from './published.mjs'

// Refused for what the SDK cannot read, though it is a CloudEvent: other content types, and 0.1 where 1.0 is asked for.
const OF_THE_SDK = /content type|type not allowed/
// A body that is the base64 text of the data, and says so: the binding sends bytes as they are (docs/events.md).
const ENCODED = 'ce-datacontentencoding'

const { CloudEvent, HTTP } = cloudevents
// What the tests of today's SDKs make events of.
const DATA = [
  ['application/json', null], ['application/json', true], ['application/json', 100], ['application/json', [{ lunch: 'tacos' }]],
  ['application/json', '"some data"'], ['application/vnd.example+json', { foo: 'bar' }], ['text/plain', 'Hello, friends!'],
  ['text/plain; charset=utf-8', 'Grüße'], ['application/xml', '<much wow="xml"/>'], ['image/png', Buffer.from([137, 80, 78, 71])],
  [undefined, { much: 'wow' }], [undefined, '{Something[Not:valid}JSON'], [undefined, undefined]
]

describe('the test data of the SDKs', () => {
  let gateway, client
  const functions = {}
  const types = new Set()

  before(async () => {
    gateway = await LocalGateway.start()
    client = gateway.client()
    functions.JavaScript = await JavaScriptFunction.start()
    functions.Python = await PythonFunction.start()
    for (const [functionId, { url }] of Object.entries(functions)) {
      await client.createFunction({ functionId, type: 'http', provider: { url } })
    }
  })
  after(async () => {
    await gateway.stop()
    await Promise.all(Object.values(functions).map(program => program.stop()))
  })

  const urlOf = language => `${gateway.eventsUrl}/${client.config.space}/${language}`

  async function post (url, { headers, body }) {
    const response = await fetch(url, { method: 'POST', headers, body })
    const { status } = response
    return { status, matched: response.headers.get('x-event-gateway-matched'), text: await response.text() }
  }

  /** Has events of this type call both functions, each on a path of its own. */
  async function subscribe (type) {
    if (type === undefined || types.has(type)) return
    types.add(type)
    await client.createEventType({ name: type })
    for (const functionId of Object.keys(functions)) {
      const path = `/${client.config.space}/${functionId}`
      await client.subscribe({ type: 'sync', eventType: type, functionId, path })
    }
  }

  /** Sends requests to functions, through the gateway and past it, and counts what became of them. */
  async function compare (requests, languages = Object.keys(functions)) {
    const count = { taken: 0, refused: 0 }
    for (const request of requests) {
      await subscribe(typeOf(request))
      for (const language of languages) {
        const what = `${request.name}, to ${language}: ${JSON.stringify(request)}`
        const { status, matched, text } = await post(urlOf(language), request)
        if (request.refused) {
          assert.ok(status === 400 || matched === '0', `${what} is taken: ${status} ${text}`)
          count.refused++
          continue
        }
        assert.equal(status, 200, `${what}: ${text}`)
        const direct = JSON.parse((await post(functions[language].url, request)).text).body
        assert.deepEqual(meaning(text, request), meaning(direct, request), what)
        count.taken++
      }
    }
    return count
  }

  it('of npm cloudevents', async () => {
    const requests = (await requestsOfJavaScript())
      .filter(({ refused, body }) => !OF_THE_SDK.test(refused) && !body.includes('cloudEventsVersion'))
      .map(request => ENCODED in request.headers ? { ...request, refused: ENCODED } : request)
    assert.deepEqual(await compare(requests), { taken: 52, refused: 14 })
  })

  it('of every kind of data, with every kind of attribute', async () => {
    const attributes = {
      source: 'urn:event:from:myapi/resource/123', type: 'example', subject: 'subject-x0 "a"', time: '2018-10-23T12:28:23.3464579Z',
      extboolean: false, extinteger: 2019, extstring: 'an-string'
    }
    const requests = ['1.0', '0.3'].flatMap(specversion => DATA.flatMap(([datacontenttype, data], index) => {
      const id = `${specversion}-${index}`
      const schema = { [specversion === '1.0' ? 'dataschema' : 'schemaurl']: 'http://example.com/registry/myschema.json' }
      const event = new CloudEvent({ ...attributes, ...schema, id, specversion, datacontenttype, data })
      return [HTTP.binary(event), HTTP.structured(event)].map(({ headers, body }) => ({ name: id, headers, body }))
    }))
    // That of JavaScript reads most of these from the JSON format only.
    assert.deepEqual(await compare(requests, ['Python']), { taken: 52, refused: 0 })
  })

  it('of PyPI cloudevents', async () => {
    assert.deepEqual(await compare(await requestsOfPython()), { taken: 12, refused: 6 })
  })
})

/** The type of the event that a request is, if it says one. */
function typeOf ({ headers, body }) {
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === 'ce-type')
  return found === undefined ? /"type":\s*"([^"]+)"/.exec(body)?.[1] : found[1]
}

/**
 * What a function says that it read, without the way in which the data came. The SDK for JavaScript adds a time to events
 * that have none.
 */
function meaning (said, { headers, body }) {
  const { attributes: { time, ...attributes }, extensions, data, refused } = JSON.parse(said)
  assert.equal(refused, undefined)
  const bytes = text => ({ kind: 'binary', base64: Buffer.from(text).toString('base64') })
  const hasTime = 'ce-time' in headers || body.includes('"time"')
  return {
    attributes: hasTime ? { ...attributes, time } : attributes,
    extensions,
    data: data.kind === 'text' ? bytes(data.value) : data
  }
}
