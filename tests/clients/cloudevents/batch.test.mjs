// Batches of CloudEvents, and the Event Gateway SDK emitting CloudEvents 1.0 beside its own 0.1.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { cloudevents } from '../installed.mjs'
import { LocalGateway } from '../local-gateway.mjs'
import { JavaScriptFunction } from './functions.mjs'

const { CloudEvent } = cloudevents

describe('batches', () => {
  let gateway, client, path
  const functions = {}

  before(async () => {
    gateway = await LocalGateway.start()
    client = gateway.client()
    path = `/${client.config.space}`
    for (const name of ['placed', 'paid']) {
      functions[name] = await JavaScriptFunction.start()
      await client.createEventType({ name: `order.${name}` })
      await client.createFunction({ functionId: name, type: 'http', provider: { url: functions[name].url } })
      await client.subscribe({ type: 'async', eventType: `order.${name}`, functionId: name, path })
    }
  })
  after(async () => {
    await gateway.stop()
    await Promise.all(Object.values(functions).map(target => target.stop()))
  })

  async function post (body) {
    const headers = { 'content-type': 'application/cloudevents-batch+json' }
    const response = await fetch(gateway.eventsUrl + path, { method: 'POST', headers, body })
    return { status: response.status, body: await response.text() }
  }

  const order = (id, type, data) => new CloudEvent({ id, type, source: '/orders', data })

  it('each event of a batch goes its own way, as a structured event', async () => {
    const bytes = Buffer.from([0, 159, 255])
    const batch = [
      order('1', 'order.placed', { total: 1 }), order('2', 'order.paid', { total: 2 }),
      order('3', 'order.lost', { total: 3 }), order('4', 'order.placed', bytes)
    ]
    assert.deepEqual(await post(JSON.stringify(batch)), { status: 202, body: '' })
    for (const [name, id, data] of [
      ['placed', '1', { kind: 'json', value: { total: 1 } }],
      ['paid', '2', { kind: 'json', value: { total: 2 } }],
      ['placed', '4', { kind: 'binary', base64: bytes.toString('base64') }]
    ]) {
      const seen = await functions[name].seen(id)
      assert.deepEqual([seen.data, seen.contentType], [data, 'application/cloudevents+json'])
      assert.equal(functions[name].count(id), 1)
    }
    for (const [name, id] of [['placed', '2'], ['paid', '1'], ['paid', '4'], ['placed', '3']]) {
      assert.equal(functions[name].count(id), 0)
    }
  })

  it('an empty batch is accepted', async () => {
    assert.deepEqual(await post('[]'), { status: 202, body: '' })
  })

  it('what is no batch is refused with a reason', async () => {
    for (const body of ['', '{}', '[', '[1]', '[{"specversion":"1.0"}]']) {
      const { status, body: answer } = await post(body)
      assert.equal(status, 400, body)
      assert.ok(JSON.parse(answer).errors[0].message, body)
    }
  })

  it('the Event Gateway SDK emits CloudEvents 1.0 as well', async () => {
    const response = await client.emit(order('sdk', 'order.placed', { total: 9 }), { path })
    assert.equal(response.status, 202)
    const seen = await functions.placed.seen('sdk')
    assert.deepEqual([seen.attributes.specversion, seen.data.value], ['1.0', { total: 9 }])
  })
})
