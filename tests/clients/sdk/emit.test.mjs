// Emitting events through the JavaScript SDK to real HTTP functions.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { EventGateway } from '../installed.mjs'
import { LocalGateway } from '../local-gateway.mjs'
import { RecordingFunction, respond } from '../recording-function.mjs'

const METHODS = [
  'constructor', 'emit', 'createEventType', 'updateEventType', 'deleteEventType', 'listEventTypes', 'createFunction',
  'updateFunction', 'deleteFunction', 'listFunctions', 'subscribe', 'unsubscribe', 'listSubscriptions', 'createCORS',
  'updateCORS', 'deleteCORS', 'listCORS', 'createConnection', 'updateConnection', 'deleteConnection', 'listConnections'
]

const EVENT = {
  eventType: 'user.created',
  cloudEventsVersion: '0.1',
  source: '/services/users',
  eventID: '1',
  extensions: { region: 'north' },
  contentType: 'application/json',
  data: { name: 'Zoë', scores: [1, 2.5, null, true] }
}

describe('emit', () => {
  let gateway
  const functions = []
  before(async () => { gateway = await LocalGateway.start() })
  after(async () => {
    await gateway.stop()
    await Promise.all(functions.map(target => target.stop()))
  })

  it('the tests of this folder drive every method of the SDK', () => {
    assert.deepEqual(Object.getOwnPropertyNames(EventGateway.prototype), METHODS)
  })

  /** A space with one function, subscribed to `EVENT` on a path of its own. */
  async function subscribed (type, answer) {
    const client = gateway.client()
    const target = await RecordingFunction.start(answer)
    functions.push(target)
    const path = `/${client.config.space}`
    await client.createFunction({ functionId: 'target', type: 'http', provider: { url: target.url } })
    await client.createEventType({ name: EVENT.eventType })
    await client.subscribe({ type, eventType: EVENT.eventType, functionId: 'target', path })
    return { client, target, path }
  }

  it('reaches an async function, word for word', async () => {
    const { client, target, path } = await subscribed('async')
    const response = await client.emit(EVENT, { path })
    assert.equal(response.status, 202)
    assert.equal(await response.text(), '')
    assert.deepEqual(await target.event(), EVENT)
    assert.equal(target.calls[0].headers['content-type'], 'application/cloudevents+json')
  })

  it('reaches every async subscriber of the path once', async () => {
    const { client, target, path } = await subscribed('async')
    const second = await RecordingFunction.start()
    functions.push(second)
    await client.createFunction({ functionId: 'second', type: 'http', provider: { url: second.url } })
    await client.subscribe({ type: 'async', eventType: EVENT.eventType, functionId: 'second', path })
    for (const eventID of ['1', '2']) await client.emit({ ...EVENT, eventID }, { path })
    for (const recorder of [target, second]) {
      await recorder.event(event => event.eventID === '1')
      await recorder.event(event => event.eventID === '2')
      assert.equal(recorder.calls.length, 2)
    }
  })

  it('returns the answer of a sync function', async () => {
    const { client, target, path } = await subscribed('sync', () => respond(201, { id: 7 }, { 'x-answer': 'yes' }))
    const response = await client.emit(EVENT, { path: path.slice(1) })
    assert.equal(response.status, 201)
    assert.equal(response.headers.get('x-answer'), 'yes')
    assert.deepEqual(await response.json(), { id: 7 })
    assert.deepEqual(target.events, [EVENT])
  })

  it('uses the path / when none is given', async () => {
    const { client, target } = await subscribed('async')
    await client.subscribe({ type: 'async', eventType: EVENT.eventType, functionId: 'target' })
    assert.equal((await client.emit(EVENT)).status, 202)
    assert.deepEqual(await target.event(), EVENT)
  })

  it('is accepted when nobody listens, and no longer delivered after unsubscribe', async () => {
    const { client, target, path } = await subscribed('sync', () => respond(200, {}))
    assert.equal((await client.emit(EVENT, { path: '/nobody' })).status, 202)
    const [{ subscriptionId }] = await client.listSubscriptions()
    await client.unsubscribe({ subscriptionId })
    assert.equal((await client.emit(EVENT, { path })).status, 202)
    assert.equal(target.calls.length, 0)
  })

  it('takes other headers: the legacy form with the type in a header', async () => {
    const { client, target, path } = await subscribed('async')
    const headers = { 'Content-Type': 'application/json', Event: EVENT.eventType }
    assert.equal((await client.emit({ plain: 'data' }, { path, headers })).status, 202)
    const event = await target.event()
    assert.equal(event.eventType, EVENT.eventType)
    assert.equal(event.cloudEventsVersion, '0.1')
    assert.deepEqual(event.data, { plain: 'data' })
  })

  it('rejects an invalid event with the reason', async () => {
    const { client } = await subscribed('async')
    for (const [wrong, field, tag] of [
      [{ eventID: undefined }, 'EventID', 'required'],
      [{ source: 'NOT URI' }, 'Source', 'uri']
    ]) {
      await assert.rejects(client.emit({ ...EVENT, ...wrong }), {
        message: "Failed to emit the event user.created due the error: CloudEvent doesn't validate: " +
          `Key: 'Event.${field}' Error:Field validation for '${field}' failed on the '${tag}' tag`
      })
    }
  })

  it("rejects the gateway's own event types", async () => {
    const event = { ...EVENT, eventType: 'eventgateway.event.received' }
    const refusal = /^Error: Failed to emit the event eventgateway\.event\.received due the error: .+/
    await assert.rejects(gateway.client().emit(event), refusal)
  })

  it('rejects when the sync function fails or answers nonsense', async () => {
    const failing = await subscribed('sync', () => ({ status: 500, body: 'broken' }))
    await assert.rejects(failing.client.emit(EVENT, { path: failing.path }), {
      message: 'Failed to emit the event user.created due the error: Function call failed. Please check logs.'
    })
    const nonsense = await subscribed('sync', () => ({ body: 'hello' }))
    await assert.rejects(nonsense.client.emit(EVENT, { path: nonsense.path }), {
      message: 'Failed to emit the event user.created due the error: HTTP response object malformed'
    })
  })

  it('asks the authorizer of the event type', async () => {
    const { client, target, path } = await subscribed('sync', () => respond(200, {}))
    const authorization = { principalId: 'zoe', context: { plan: 'free' } }
    const guard = await RecordingFunction.start(({ body }) => {
      const allowed = JSON.parse(body).event.eventID === '1'
      return { body: JSON.stringify(allowed ? { authorization } : { error: { message: 'no' } }) }
    })
    functions.push(guard)
    await client.createFunction({ functionId: 'guard', type: 'http', provider: { url: guard.url } })
    await client.updateEventType({ name: EVENT.eventType, authorizerId: 'guard' })
    assert.equal((await client.emit(EVENT, { path })).status, 200)
    assert.deepEqual(target.events[0].extensions, { eventgateway: { authorization }, region: 'north' })
    await assert.rejects(client.emit({ ...EVENT, eventID: '2' }, { path }), {
      message: 'Failed to emit the event user.created due the error: Forbidden'
    })
    assert.equal(target.calls.length, 1)
  })
})
