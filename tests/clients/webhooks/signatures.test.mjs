// Calls of functions with signing secrets, verified as their receivers do it: with the libraries of Standard Webhooks.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'

import { LocalGateway } from '../local-gateway.mjs'
import { RecordingFunction, respond } from '../recording-function.mjs'
import { until } from '../until.mjs'
import { JavaScriptVerifier, PythonVerifier } from './verifiers.mjs'

const EVENT = {
  eventType: 'user.created',
  cloudEventsVersion: '0.1',
  source: '/services/users',
  eventID: '1',
  contentType: 'application/json',
  data: { name: 'Zoë', text: '\u2028 "quoted" \\ \u0000', list: [1, 2.5, null, true] }
}

const newSecret = (bytes = 24) => `whsec_${randomBytes(bytes).toString('base64')}`

for (const [library, Verifier] of [['npm', JavaScriptVerifier], ['PyPI', PythonVerifier]]) {
  describe(`signed calls, verified by ${library} standardwebhooks`, () => {
    let gateway, verifier
    const functions = []
    before(async () => {
      verifier = new Verifier()
      gateway = await LocalGateway.start()
    })
    after(async () => {
      await verifier.stop()
      await gateway.stop()
      await Promise.all(functions.map(target => target.stop()))
    })

    /** A function with these secrets, subscribed to `EVENT`, and the means to emit and to change it. */
    async function signing (secrets, { type = 'async', answer } = {}) {
      const client = gateway.client()
      const target = await RecordingFunction.start(answer)
      functions.push(target)
      const path = `/${client.config.space}`
      const definition = signingSecrets => ({
        functionId: 'target', type: 'http', provider: { url: target.url, signingSecrets }
      })
      await client.createFunction(definition(secrets))
      await client.createEventType({ name: EVENT.eventType })
      const { subscriptionId } = await client.subscribe({
        type, eventType: EVENT.eventType, functionId: 'target', path
      })
      return {
        target,
        subscriptionId,
        change: signingSecrets => client.updateFunction(definition(signingSecrets)),
        /** Emits and returns the call that comes of it. */
        emit: async () => {
          const before = target.calls.length
          const { status } = await client.emit(EVENT, { path })
          assert.equal(status, type === 'sync' ? 200 : 202)
          return until('the function is called', () => target.calls[before])
        }
      }
    }

    async function accepts (secret, call) {
      assert.deepEqual(await verifier.verify(secret, call), { payload: JSON.parse(call.body) })
    }

    async function refuses (secret, call, reason) {
      assert.match((await verifier.verify(secret, call)).refused ?? 'accepted', reason)
    }

    it('the right secret verifies, any other fails', async () => {
      for (const bytes of [24, 32, 64]) {
        const secret = newSecret(bytes)
        const { emit, subscriptionId } = await signing([secret])
        const call = await emit()
        await accepts(secret, call)
        await refuses(newSecret(), call, /No matching signature/)
        assert.equal(call.headers['x-event-gateway-subscription-id'], subscriptionId)
        assert.equal(call.headers['x-event-gateway-attempt'], '1')
      }
    })

    it('a changed call fails', async () => {
      const secret = newSecret()
      const call = await (await signing([secret])).emit()
      await refuses(secret, { ...call, body: call.body.replace('Zoë', 'Zoe') }, /No matching signature/)
      const headers = changed => ({ ...call, headers: { ...call.headers, ...changed } })
      await refuses(secret, headers({ 'webhook-id': 'another' }), /No matching signature/)
      const later = String(Number(call.headers['webhook-timestamp']) + 60)
      await refuses(secret, headers({ 'webhook-timestamp': later }), /No matching signature/)
      await refuses(secret, headers({ 'webhook-timestamp': '1' }), /too old/)
      await refuses(secret, headers({ 'webhook-signature': '' }), /Missing required headers/)
    })

    it('old and new secret verify while one replaces the other', async () => {
      const [old, replacing] = [newSecret(), newSecret()]
      const { emit, change } = await signing([old])
      await change([old, replacing])
      const during = await emit()
      await accepts(old, during)
      await accepts(replacing, during)
      await refuses(newSecret(), during, /No matching signature/)
      await change([replacing])
      const afterwards = await emit()
      await accepts(replacing, afterwards)
      await refuses(old, afterwards, /No matching signature/)
    })

    it('a repeated attempt has the id of the first, its number and a signature of its own time', async () => {
      const secret = newSecret()
      let calls = 0
      const { target, emit } = await signing([secret], { answer: () => ({ status: calls++ === 0 ? 503 : 200 }) })
      const first = await emit()
      const second = await until('the function is called again', () => target.calls[1])
      assert.equal(second.headers['webhook-id'], first.headers['webhook-id'])
      assert.deepEqual([first, second].map(call => call.headers['x-event-gateway-attempt']), ['1', '2'])
      await accepts(secret, first)
      await accepts(secret, second)
    })

    it('a sync call is signed as well', async () => {
      const secret = newSecret()
      const { emit } = await signing([secret], { type: 'sync', answer: () => respond(200, {}) })
      await accepts(secret, await emit())
    })
  })
}
