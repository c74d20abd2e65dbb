// Google Cloud functions: Google's own functions-framework behind a front end that checks ID tokens.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { LocalGateway } from '../local-gateway.mjs'
import { until } from '../until.mjs'
import { JavaScriptFunctions, PythonFunctions } from './google-functions.mjs'
import { AWS_ENVIRONMENT, FrontEnd, Google } from './google-peer.mjs'

const TYPE = 'order.placed'
let events = 0

const newEvent = more => ({
  specversion: '1.0',
  id: `event-${++events}`,
  source: '/shop',
  type: TYPE,
  subject: 'Zoë "7"',
  datacontenttype: 'application/json',
  partitionkey: 'p',
  data: { name: 'Zoë', list: [1, 2.5, null, true] },
  ...more
})

for (const [registry, Functions] of [['npm', JavaScriptFunctions], ['PyPI', PythonFunctions]]) {
  describe(`${registry} functions-framework`, () => {
    let gateway, google, functions
    const frontEnds = []
    before(async () => {
      google = await Google.start()
      functions = await Functions.start()
      gateway = await LocalGateway.start({
        flags: [`--google-endpoint-url=${google.url}`],
        environment: { GCE_METADATA_HOST: google.host, ...AWS_ENVIRONMENT }
      })
    })
    after(async () => {
      await gateway.stop()
      await functions.stop()
      await google.stop()
      await Promise.all(frontEnds.map(frontEnd => frontEnd.stop()))
    })

    const serviceAccount = () => ({ type: 'serviceAccount', key: google.keyFile })

    /** A function of the framework, subscribed to events, and the means to emit one. */
    async function subscribed (target, type, provider) {
      const client = gateway.client()
      const frontEnd = await FrontEnd.start(google, functions.urls[target])
      frontEnds.push(frontEnd)
      const path = `/${client.config.space}`
      await client.createFunction({
        functionId: 'target', type: 'googlecloudfunction', provider: { url: `${frontEnd.url}/`, ...provider }
      })
      await client.createEventType({ name: TYPE })
      await client.subscribe({ type, eventType: TYPE, functionId: 'target', path })
      const headers = { 'Content-Type': 'application/cloudevents+json' }
      const emit = event =>
        fetch(gateway.eventsUrl + path, { method: 'POST', headers, body: JSON.stringify(event) })
      return { frontEnd, emit }
    }

    for (const format of ['structured', 'binary']) {
      it(`takes ${format} events, any number with one token`, async () => {
        const { frontEnd, emit } = await subscribed('received', 'async', { format, credentials: serviceAccount() })
        const before = google.tokenRequests('/token')
        for (let number = 0; number < 10; number++) {
          const sent = newEvent()
          const { status } = await emit(sent)
          assert.equal(status, 202)
          const received = await functions.event(sent.id)
          // The one for JavaScript tells functions nothing of the content type of binary events.
          const { data, datacontenttype, ...event } = sent
          // Neither framework decodes headers, as the HTTP binding of CloudEvents wants it.
          const decode = format === 'binary' ? decodeURIComponent : text => text
          for (const [name, value] of Object.entries(event)) assert.equal(decode(received.event[name]), value, name)
          assert.deepEqual(received.data, data)
        }
        assert.equal(google.tokenRequests('/token') - before, 1)
        const isBinary = frontEnd.requests.every(({ headers }) => headers['ce-type'] === TYPE)
        assert.equal(isBinary, format === 'binary')
      })

      it(`takes bytes in ${format} events`, async () => {
        const { emit } = await subscribed('received', 'async', { format, credentials: serviceAccount() })
        const { data, ...event } = newEvent({ datacontenttype: 'application/octet-stream' })
        const base64 = Buffer.from([0, 1, 254, 255]).toString('base64')
        assert.equal((await emit({ ...event, data_base64: base64 })).status, 202)
        assert.equal((await functions.event(event.id)).base64, base64)
      })
    }

    it('answers callers', async () => {
      const { emit } = await subscribed('answer', 'sync', { credentials: serviceAccount() })
      const event = newEvent()
      const answer = await emit(event)
      assert.equal(answer.status, 201)
      assert.match(answer.headers.get('X-Language'), /^(JavaScript|Python)$/)
      assert.deepEqual(await answer.json(), { got: event.data })
    })

    it('is called by the identity of the machine', async () => {
      const { emit } = await subscribed('answer', 'sync', {})
      assert.equal((await emit(newEvent())).status, 201)
      assert.equal((await emit(newEvent())).status, 201)
      assert.equal(google.tokenRequests('/computeMetadata'), 1)
    })

    it('is called by the AWS identity of the gateway', async () => {
      const credentials = { type: 'workloadIdentity', configuration: google.configurationFile }
      const { emit } = await subscribed('answer', 'sync', { credentials })
      assert.equal((await emit(newEvent())).status, 201)
      assert.equal((await emit(newEvent())).status, 201)
      assert.equal(google.tokenRequests('/v1/'), 2)
    })

    it('is not reached with a token for another audience', async () => {
      const credentials = serviceAccount()
      const { frontEnd, emit } = await subscribed('answer', 'sync', { audience: 'https://another.example', credentials })
      const answer = await emit(newEvent())
      assert.equal(answer.status, 500)
      assert.doesNotMatch(await answer.text(), /token|audience/)
      await until('the token is tried twice', () => frontEnd.requests.length === 2)
    })
  })
}
