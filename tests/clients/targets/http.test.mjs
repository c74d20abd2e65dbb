// Options of http functions, against Node's http and https servers and the npm CloudEvents SDK.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { cloudevents } from '../installed.mjs'
import { LocalGateway } from '../local-gateway.mjs'
import { RecordingFunction, respond } from '../recording-function.mjs'
import { Authority } from './certificates.mjs'

const EVENT = {
  eventType: 'user.created',
  cloudEventsVersion: '0.1',
  source: '/services/users',
  eventID: '1',
  contentType: 'application/json',
  data: { name: 'Zoë' }
}

const basic = (user, password) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

describe('http functions with options', () => {
  let gateway
  const started = []
  before(async () => { gateway = await LocalGateway.start() })
  after(async () => {
    await gateway.stop()
    await Promise.all(started.map(server => server.stop()))
  })

  async function start (answer = () => respond(200, 'done'), tls = undefined) {
    const server = await RecordingFunction.start(answer, tls)
    started.push(server)
    return server
  }

  /** A function with these options behind a sync subscription, and the means to call it. */
  async function subscribed (target, options) {
    const client = gateway.client()
    const path = `/${client.config.space}`
    await client.createFunction({ functionId: 'target', type: 'http', provider: { url: target.url, ...options } })
    await client.createEventType({ name: EVENT.eventType })
    await client.createEventType({ name: 'later.version' })
    for (const eventType of [EVENT.eventType, 'later.version']) {
      await client.subscribe({ type: 'sync', eventType, functionId: 'target', path })
    }
    return {
      url: gateway.eventsUrl + path,
      /** Emits and returns status and body of the answer. */
      emit: async () => {
        const headers = { 'Content-Type': 'application/cloudevents+json' }
        const response = await fetch(gateway.eventsUrl + path, { method: 'POST', headers, body: JSON.stringify(EVENT) })
        return { status: response.status, body: await response.text() }
      }
    }
  }

  /** Calls a function with these options once; returns the call that it got. */
  async function called (options) {
    const target = await start()
    const { emit } = await subscribed(target, options)
    assert.deepEqual(await emit(), { status: 200, body: '"done"' })
    assert.equal(target.calls.length, 1)
    return target.calls[0]
  }

  it('are called with their method and headers', async () => {
    const call = await called({ method: 'PUT', headers: { 'X-Tenant': 'a b', 'Content-Type': 'application/json' } })
    assert.equal(call.method, 'PUT')
    assert.equal(call.headers['x-tenant'], 'a b')
    assert.equal(call.headers['content-type'], 'application/json')
    assert.deepEqual(JSON.parse(call.body), EVENT)
    const get = await called({ method: 'GET' })
    assert.deepEqual([get.method, get.body, get.headers['content-type']], ['GET', '', undefined])
  })

  it('get their credentials', async () => {
    const header = async authorization => (await called({ authorization })).headers
    assert.equal((await header({ type: 'bearer', token: 'abc' })).authorization, 'Bearer abc')
    assert.equal((await header({ type: 'basic', username: 'u', password: 'p:ü' })).authorization, basic('u', 'p:ü'))
    assert.equal((await header({ type: 'apiKey', name: 'X-Key', value: 'k' }))['x-key'], 'k')
    const { url } = await called({ authorization: { type: 'apiKey', name: 'key', value: 'a&b', in: 'query' } })
    assert.equal(new URL(url, 'http://h').searchParams.get('key'), 'a&b')
  })

  it('get events in binary mode as the npm SDK reads them', async () => {
    const target = await start()
    const { url } = await subscribed(target, { format: 'binary' })
    const event = new cloudevents.CloudEvent({
      type: 'later.version', source: '/s', id: 'Euro € 😀', subject: 'a "b" %', data: { name: 'Zoë' }, ext: 'x'
    })
    const { headers, body } = cloudevents.HTTP.structured(event)
    const response = await fetch(url, { method: 'POST', headers, body })
    assert.equal(response.status, 200)
    const [call] = target.calls
    assert.equal(call.headers['content-type'], 'application/json')
    assert.equal(call.headers['ce-id'], 'Euro%20%E2%82%AC%20%F0%9F%98%80')
    assert.deepEqual(JSON.parse(call.body), event.data)
    const read = cloudevents.HTTP.toEvent(call)
    // The SDK leaves the values of headers encoded.
    assert.equal(decodeURIComponent(read.id), event.id)
    assert.equal(decodeURIComponent(read.subject), event.subject)
    assert.deepEqual([read.type, read.source, read.time, read.ext], [event.type, event.source, event.time, 'x'])
  })

  it('share one token among their calls, and get another one when it is refused', async () => {
    let issued = 0
    const granted = call => {
      const form = new URLSearchParams(call.body)
      const isRight = call.headers.authorization === basic('client', 's%26cret') &&
        form.get('grant_type') === 'client_credentials' && form.get('scope') === 'a b'
      if (!isRight) return { status: 401, body: '{"error":"invalid_client"}' }
      return { body: JSON.stringify({ access_token: `token-${++issued}`, token_type: 'Bearer', expires_in: 3600 }) }
    }
    const server = await start(granted)
    const target = await start(call =>
      call.headers.authorization === `Bearer token-${issued}` ? respond(200, 'done') : { status: 401 })
    const authorization = {
      type: 'oauth2ClientCredentials',
      tokenUrl: server.url,
      clientId: 'client',
      clientSecret: 's&cret',
      scopes: ['a', 'b']
    }
    const { emit } = await subscribed(target, { authorization })
    const all = await Promise.all(Array.from({ length: 200 }, emit))
    assert.ok(all.every(({ status }) => status === 200))
    assert.deepEqual([server.calls.length, target.calls.length], [1, 200])
    // Another client got a token, which ends this one.
    issued++
    assert.equal((await emit()).status, 200)
    assert.deepEqual([server.calls.length, target.calls.length], [2, 202])

    const wrong = await subscribed(target, { authorization: { ...authorization, clientSecret: 'wrong' } })
    const { status, body } = await wrong.emit()
    assert.equal(status, 500)
    assert.doesNotMatch(body, /wrong|client/)
    assert.equal(target.calls.length, 202)
  })

  it('are not followed to another server', async () => {
    const other = await start()
    const target = await start(() => ({ status: 307, headers: { location: other.url } }))
    assert.equal((await (await subscribed(target, {})).emit()).status, 200)
    const options = { authorization: { type: 'bearer', token: 'abc' } }
    assert.equal((await (await subscribed(target, options)).emit()).status, 500)
    assert.equal(other.calls.length, 1)
  })

  it('may answer so much only', async () => {
    const target = await start()
    const { emit } = await subscribed(target, { maxResponseBytes: 5 })
    assert.equal((await emit()).status, 500)
  })

  it('are refused at once when their options cannot work', async () => {
    for (const [options, reason] of [
      [{ method: 'get' }, /method must be/],
      [{ headers: { Host: 'x' } }, /headers must not name/],
      [{ tls: { certificateAuthority: 'x' } }, /tls\.certificateAuthority must be/],
      [{ authorization: { type: 'digest' } }, /authorization must have/]
    ]) {
      const definition = { functionId: 'target', type: 'http', provider: { url: 'https://h/', ...options } }
      const client = gateway.client()
      const response = await fetch(`${gateway.configUrl}/v1/spaces/${client.config.space}/functions`, {
        method: 'POST', body: JSON.stringify(definition)
      })
      assert.equal(response.status, 400)
      assert.match(await response.text(), reason)
    }
  })

  describe('over https', () => {
    let servers, clients, strangers
    before(async () => {
      [servers, clients, strangers] = await Promise.all(['servers', 'clients', 'strangers'].map(Authority.create))
    })
    after(() => Promise.all([servers, clients, strangers].map(authority => authority.remove())))

    it('are trusted by their own authority only', async () => {
      const target = await start(undefined, await servers.issue('localhost'))
      const emit = async tls => (await subscribed(target, tls)).emit()
      assert.equal((await emit({ tls: { certificateAuthority: servers.certificate } })).status, 200)
      assert.equal((await emit({ tls: { certificateAuthority: strangers.certificate } })).status, 500)
      assert.equal((await emit({})).status, 500)
      assert.equal(target.calls.length, 1)
    })

    it('see the certificate of the gateway', async () => {
      const asking = { requestCert: true, rejectUnauthorized: true, ca: clients.certificate }
      const target = await start(undefined, { ...asking, ...await servers.issue('localhost') })
      const emit = async issued => {
        const tls = { certificateAuthority: servers.certificate }
        if (issued) Object.assign(tls, { clientCertificate: issued.cert, clientKey: issued.key })
        return (await subscribed(target, { tls })).emit()
      }
      assert.equal((await emit(await clients.issue('gateway'))).status, 200)
      assert.equal((await emit(await strangers.issue('gateway'))).status, 500)
      assert.equal((await emit(undefined)).status, 500)
      assert.equal(target.calls.length, 1)
    })
  })
})
