// Functions of the type openwhisk. The peer is held to what the npm client of OpenWhisk asks of it, so that the gateway,
// which asks the same, would be understood by OpenWhisk too.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { openwhisk } from '../installed.mjs'
import { LocalGateway } from '../local-gateway.mjs'
import { until } from '../until.mjs'
import { OpenWhiskPeer } from './openwhisk-peer.mjs'

const EVENT = {
  eventType: 'user.created',
  cloudEventsVersion: '0.1',
  source: '/services/users',
  eventID: '1',
  contentType: 'application/json',
  data: { name: 'Zoë' }
}

const GREET = `function main ({ eventType, data }) {
  return { statusCode: 201, headers: { 'x-action': 'greet' }, body: eventType + ' ' + data.name }
}`
const LATE = `function main () {
  return new Promise(resolve => setTimeout(resolve, 500, { statusCode: 200, body: 'late' }))
}`

describe('actions of OpenWhisk', () => {
  let gateway, peer, ow
  before(async () => {
    gateway = await LocalGateway.start()
    peer = await OpenWhiskPeer.start()
    ow = openwhisk({ apihost: peer.url, api_key: peer.key })
    await ow.packages.create({ name: 'demo' })
    await ow.actions.create({ name: 'demo/greet', action: GREET })
    await ow.actions.create({ name: 'late', action: LATE })
    await ow.actions.create({ name: 'refuse', action: 'function main () { return { error: "no luck" } }' })
    await ow.actions.create({ name: 'crash', action: 'function main () { throw new Error("boom") }' })
  })
  after(async () => {
    await gateway.stop()
    await peer.stop()
  })

  /** An action behind the gateway, subscribed to `EVENT`, and the means to send it. */
  async function subscribed (action, { type = 'sync', provider = {}, retry } = {}) {
    const client = gateway.client()
    const { space } = client.config
    await client.createFunction({
      functionId: 'action',
      type: 'openwhisk',
      provider: { apiHost: peer.url, action, authKey: peer.key, ...provider }
    })
    await client.createEventType({ name: EVENT.eventType })
    await client.subscribe({ type, eventType: EVENT.eventType, functionId: 'action', path: `/${space}`, retry })
    return {
      emit: () => fetch(`${gateway.eventsUrl}/${space}`, {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents+json' },
        body: JSON.stringify(EVENT)
      }),
      deadLetter: () => until('the delivery is given up', async () => {
        const response = await fetch(`${gateway.configUrl}/v1/spaces/${space}/deadletters`)
        return (await response.json()).deadLetters[0]
      })
    }
  }

  const since = async call => {
    const before = peer.invocations.length
    const result = await call()
    return { result, invocations: peer.invocations.slice(before) }
  }

  it('the client and the gateway ask for the same', async () => {
    const byClient = await since(() => ow.actions.invoke({ name: 'demo/greet', blocking: true, params: EVENT }))
    assert.equal(byClient.result.response.result.body, 'user.created Zoë')
    const { emit } = await subscribed('demo/greet')
    const byGateway = await since(emit)
    const asked = ({ invocations: [{ method, path, query, headers, body }] }) => ({
      method,
      path,
      blocking: query.blocking,
      // Without it, it is false.
      result: query.result ?? 'false',
      authorization: headers.authorization,
      type: headers['content-type'].split(';')[0],
      body: JSON.parse(body)
    })
    assert.deepEqual(asked(byGateway), asked(byClient))
    assert.equal(byGateway.result.status, 201)
    assert.equal(byGateway.result.headers.get('x-action'), 'greet')
    assert.equal(await byGateway.result.text(), 'user.created Zoë')
  })

  it('a named namespace is that of the client', async () => {
    const guest = openwhisk({ apihost: peer.url, api_key: peer.key, namespace: 'guest' })
    const byClient = await since(() => guest.actions.invoke({ name: 'demo/greet', params: EVENT }))
    const { emit } = await subscribed('demo/greet', { provider: { namespace: 'guest' } })
    const byGateway = await since(emit)
    assert.equal(byGateway.invocations[0].path, byClient.invocations[0].path)
  })

  it('a delivery does not wait, and its activation is there for the client', async () => {
    const byClient = await since(() => ow.actions.invoke({ name: 'demo/greet', params: EVENT }))
    assert.equal((await ow.activations.get(byClient.result.activationId)).response.result.statusCode, 201)
    const known = new Set((await ow.activations.list()).map(({ activationId }) => activationId))
    const { emit } = await subscribed('demo/greet', { type: 'async' })
    assert.equal((await emit()).status, 202)
    const activation = await until('the action has run', async () =>
      (await ow.activations.list()).find(({ activationId }) => !known.has(activationId)))
    assert.equal(activation.response.result.body, 'user.created Zoë')
    const { query, body } = peer.invocations.at(-1)
    assert.equal(query.blocking, 'false')
    const { delivery } = JSON.parse(body).extensions.eventgateway
    assert.equal(delivery.attempt, 1)
  })

  it('a client of the gateway waits for an action that outlives its call', async () => {
    const byClient = await ow.actions.invoke({ name: 'late', blocking: true })
    assert.deepEqual(Object.keys(byClient), ['activationId'])
    const response = await (await subscribed('late')).emit()
    assert.equal(await response.text(), 'late')
  })

  it('failures of actions are failures of the call', async () => {
    for (const [name, text] of [['refuse', /no luck/], ['crash', /boom/]]) {
      await assert.rejects(ow.actions.invoke({ name, blocking: true }), text)
      const response = await (await subscribed(name)).emit()
      assert.equal(response.status, 500)
      assert.doesNotMatch(await response.text(), text)
      const provider = { blocking: true }
      const { emit, deadLetter } = await subscribed(name, { type: 'async', provider, retry: { maxAttempts: 1 } })
      await emit()
      const { reason, error, lastResponse } = await deadLetter()
      assert.equal(reason, 'attemptsExhausted')
      assert.match(error, text)
      assert.match(lastResponse.body, text)
    }
  })

  it('what the client is refused the gateway gives up', async () => {
    const stranger = openwhisk({ apihost: peer.url, api_key: 'other:key' })
    await assert.rejects(stranger.actions.invoke('demo/greet'), { statusCode: 401 })
    await assert.rejects(ow.actions.invoke('unknown'), { statusCode: 404 })
    for (const [action, provider, text] of [
      ['demo/greet', { authKey: 'other:key' }, 'Function access denied. Error: HTTP status code: 401'],
      ['unknown', {}, 'Function call failed because of runtime error. Error: HTTP status code: 404']
    ]) {
      const { emit, deadLetter } = await subscribed(action, { type: 'async', provider })
      await emit()
      const { reason, error, attempts } = await deadLetter()
      assert.deepEqual([reason, error, attempts], ['permanentFailure', text, 1])
    }
  })
})
