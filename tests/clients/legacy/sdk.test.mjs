// The JavaScript SDK that belongs to version 0.6 of the gateway, against a gateway that takes requests of 2017.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { LegacyEventGateway } from '../installed.mjs'
import { LocalGateway } from '../local-gateway.mjs'
import { RecordingFunction, respond } from '../recording-function.mjs'

const METHODS = [
  'emit', 'invoke', 'registerFunction', 'deleteFunction', 'listFunctions', 'subscribe', 'unsubscribe',
  'listSubscriptions'
]

describe('the SDK of version 0.6', () => {
  let gateway
  const functions = []
  before(async () => { gateway = await LocalGateway.start({ flags: ['--legacy-api'] }) })
  after(async () => {
    await gateway.stop()
    await Promise.all(functions.map(target => target.stop()))
  })

  async function running (answer) {
    const target = await RecordingFunction.start(answer)
    functions.push(target)
    return target
  }

  const http = (functionId, url) => ({ functionId, provider: { type: 'http', url } })
  const client = () => gateway.client({}, LegacyEventGateway)

  it('is driven with every method that it has', () => {
    assert.deepEqual(Object.keys(client()), METHODS)
  })

  it('registers, lists and deletes functions', async () => {
    const sdk = client()
    const lambda = { arn: 'arn:::::', region: 'us-east-1', awsAccessKeyID: 'key', awsSecretAccessKey: 'secret' }
    const made = await sdk.registerFunction({ functionId: 'lambda', provider: { type: 'awslambda', ...lambda } })
    assert.equal(made.functionId, 'lambda')
    assert.equal(made.type, 'awslambda')
    assert.equal(made.provider.arn, 'arn:::::')
    await sdk.registerFunction(http('web', 'http://localhost:1'))
    const weighted = [{ functionId: 'lambda', weight: 80 }, { functionId: 'web', weight: 20 }]
    const canary = await sdk.registerFunction({ functionId: 'canary', provider: { type: 'weighted', weighted } })
    assert.deepEqual(canary.provider, { weighted })
    const listed = await sdk.listFunctions()
    assert.deepEqual(listed.map(made => made.functionId).sort(), ['canary', 'lambda', 'web'])
    await sdk.deleteFunction({ functionId: 'canary' })
    assert.equal((await sdk.listFunctions()).length, 2)

    await assert.rejects(sdk.registerFunction(http('web', 'http://localhost:1')), /Function "web" already registered\./)
    await assert.rejects(
      sdk.registerFunction({ functionId: 'x', provider: { type: 'weighted', weighted: [] } }),
      /Missing required fields for weighted function\./
    )
    await assert.rejects(
      sdk.registerFunction({ functionId: 'x', provider: { type: 'emulator', emulatorUrl: 'http://x', apiVersion: 'v0' } }),
      /provider emulator not supported/
    )
    await assert.rejects(sdk.deleteFunction({ functionId: 'x' }), /Function "x" not found\./)
  })

  it('subscribes, lists and unsubscribes', async () => {
    const sdk = client()
    await sdk.registerFunction(http('f', 'http://localhost:1'))
    const cors = { origins: ['http://a'], methods: ['GET'], headers: ['X-A'], allowCredentials: true }
    const made = [
      await sdk.subscribe({ functionId: 'f', event: 'http', method: 'GET', path: '/legacy/users', cors }),
      await sdk.subscribe({ functionId: 'f', event: 'user.created' }),
      await sdk.subscribe({ functionId: 'f', event: 'invoke', path: '/legacy' })
    ]
    assert.deepEqual(made.map(({ event, path, functionId }) => [event, path, functionId]), [
      ['http', '/legacy/users', 'f'], ['user.created', '/', 'f'], ['invoke', '/legacy', 'f']
    ])
    assert.deepEqual(made[0].cors, cors)
    const byId = (a, b) => (a.subscriptionId < b.subscriptionId ? -1 : 1)
    assert.deepEqual((await sdk.listSubscriptions()).sort(byId), made.toSorted(byId))

    await assert.rejects(sdk.subscribe({ functionId: 'f', event: 'user.created' }), /already exists/)
    await assert.rejects(sdk.subscribe({ functionId: 'none', event: 'e' }), /Function "none" not found\./)
    await assert.rejects(sdk.deleteFunction({ functionId: 'f' }), /subscribed to a least one event/)
    for (const { subscriptionId } of made) await sdk.unsubscribe({ subscriptionId })
    assert.deepEqual(await sdk.listSubscriptions(), [])
    await sdk.deleteFunction({ functionId: 'f' })
    await assert.rejects(sdk.unsubscribe({ subscriptionId: 'x' }), /Subscription "x" not found\./)
  })

  it('answers plain requests by http subscriptions, with the CORS that they bring', async () => {
    const sdk = client()
    const target = await running(({ body }) => respond(200, JSON.parse(body).data.params))
    await sdk.registerFunction(http('f', target.url))
    const made = await sdk.subscribe({ functionId: 'f', event: 'http', method: 'GET', path: '/legacy/:id', cors: {} })
    const ask = async () => {
      const response = await fetch(`${gateway.eventsUrl}/legacy/7`, { headers: { Origin: 'http://a' } })
      return [response.status, response.headers.get('access-control-allow-origin'), await response.text()]
    }
    assert.deepEqual(await ask(), [200, '*', '{"id":"7"}'])
    await sdk.unsubscribe(made)
    assert.deepEqual(await ask(), [202, null, ''])
  })

  it('emits', async () => {
    const sdk = client()
    const target = await running()
    await sdk.registerFunction(http('f', target.url))
    await sdk.subscribe({ functionId: 'f', event: 'legacy.emitted' })
    const response = await sdk.emit({ event: 'legacy.emitted', data: { name: 'Zoë' } })
    assert.equal(response.status, 202)
    const event = await target.event()
    assert.deepEqual([event.eventType, event.data], ['legacy.emitted', { name: 'Zoë' }])
    await sdk.emit({ event: 'legacy.emitted', data: 'text', dataType: 'text/plain' })
    const text = await target.event(event => event.contentType === 'text/plain')
    assert.equal(Buffer.from(text.data, 'base64').toString(), 'text')
  })

  it('invokes', async () => {
    const sdk = client()
    const target = await running(({ body }) => {
      const { data } = JSON.parse(body)
      return data === 'fail' ? { status: 500 } : { body: JSON.stringify({ got: data }) }
    })
    await sdk.registerFunction(http('f', target.url))
    await assert.rejects(sdk.invoke({ functionId: 'f', data: {} }), /function or subscription not found/)
    await sdk.subscribe({ functionId: 'f', event: 'invoke' })
    const response = await sdk.invoke({ functionId: 'f', data: { n: 1 } })
    assert.deepEqual(await response.json(), { got: { n: 1 } })
    await assert.rejects(sdk.invoke({ functionId: 'f', data: 'fail' }), /Function call failed\. Please check logs\./)
    // The function of another space is not to be had.
    await assert.rejects(client().invoke({ functionId: 'f', data: {} }), /function or subscription not found/)
    assert.equal(target.calls.length, 2)
  })

  it('spreads calls over the functions of a weighted one', async () => {
    const sdk = client()
    const versions = [await running(() => ({ body: '"old"' })), await running(() => ({ body: '"new"' }))]
    await sdk.registerFunction(http('old', versions[0].url))
    await sdk.registerFunction(http('new', versions[1].url))
    const weighted = [{ functionId: 'old', weight: 75 }, { functionId: 'new', weight: 25 }]
    await sdk.registerFunction({ functionId: 'canary', provider: { type: 'weighted', weighted } })
    await sdk.subscribe({ functionId: 'canary', event: 'invoke' })
    const answers = await Promise.all(Array.from({ length: 400 }, async () => {
      const response = await sdk.invoke({ functionId: 'canary', data: {} })
      return response.json()
    }))
    const share = answers.filter(version => version === 'new').length
    // The expected 100 and six standard deviations.
    assert.ok(share > 48 && share < 152, `${share} of 400`)
  })
})

describe('the SDK of version 0.6 without the setting', () => {
  let gateway
  before(async () => { gateway = await LocalGateway.start() })
  after(() => gateway.stop())

  it('is refused as ever', async () => {
    const sdk = gateway.client({}, LegacyEventGateway)
    await assert.rejects(
      sdk.registerFunction({ functionId: 'f', provider: { type: 'http', url: 'http://localhost:1' } }),
      /provider configuration not set/
    )
    await assert.rejects(sdk.subscribe({ functionId: 'f', event: 'http' }), /Subscription doesn't validate/)
    await assert.rejects(sdk.invoke({ functionId: 'f', data: {} }), /couldn't parse error body/)
  })
})
