// `serverless deploy` with the plugin: CORS of a subscription and authorizers of an event type.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { LocalGateway } from '../local-gateway.mjs'
import { Serverless } from './serverless.mjs'

const METADATA = { service: 'shop', stage: 'dev' }
const DEFAULTS = {
  allowedOrigins: ['*'],
  allowedMethods: ['HEAD', 'GET', 'POST'],
  allowedHeaders: ['Origin', 'Accept', 'Content-Type'],
  allowCredentials: false
}

describe('deploy with CORS and authorizers', () => {
  let gateway
  before(async () => { gateway = await LocalGateway.start() })
  after(() => gateway.stop())

  function shop () {
    const { space } = gateway.client().config
    return { serverless: new Serverless({ gateway, space }), space, stored: () => gateway.configuration(space) }
  }

  const withCors = cors => ({
    functions: {
      list: {
        events: [{ eventgateway: { type: 'sync', eventType: 'http.request', path: '/items', method: 'GET', cors } }]
      }
    }
  })

  it('creates a CORS configuration with the defaults or with what is given', async () => {
    const [origins, methods, headers] = [['http://shop.example'], ['GET'], ['X-Key']]
    const custom = { allowedOrigins: origins, allowedMethods: methods, allowedHeaders: headers, allowCredentials: true }
    for (const [cors, allowed] of [[true, DEFAULTS], [{ origins, methods, headers, allowCredentials: true }, custom]]) {
      const { serverless, space, stored } = shop()
      await serverless.deploy(withCors(cors))
      const slot = { corsId: `GET%2F${space}%2Fitems`, method: 'GET', path: `/${space}/items` }
      assert.deepEqual((await stored()).cors, [{ space, ...slot, ...allowed, metadata: METADATA }])
    }
  })

  it('updates it on the next deployment and accepts that the plugin then deletes it', async () => {
    // Release 0.7.8 narrows its clean-up list inside a function only, so every second deployment updates each CORS
    // configuration and deletes it right after; the one after that creates it again.
    const { serverless, stored } = shop()
    const updates = []
    await serverless.deploy(withCors({ origins: ['http://shop.example'] }))
    for (let deployment = 2; deployment <= 3; deployment++) {
      await serverless.deploy(withCors(true))
      updates.push((await stored()).cors.map(cors => cors.allowedOrigins))
    }
    assert.deepEqual(updates, [[], [['*']]])
    assert.match(await operations('cors'), /operation="update"/)
  })

  it('sets the authorizer of an event type and takes it away with its function', async () => {
    const { serverless, space, stored } = shop()
    const guard = { events: [] }
    const mail = { events: [{ eventgateway: { type: 'async', eventType: 'order.placed' } }] }
    const guarded = { eventTypes: { 'order.placed': { authorizer: 'guard' } }, functions: { guard, mail } }
    // Release 0.7.8 names the authorizer before it has registered the function, so a first deployment fails.
    await assert.rejects(serverless.deploy(guarded), {
      message: "Failed to update order.placed event type due the error: Authorizer function doesn't exists."
    })
    const known = { events: [{ eventgateway: { type: 'async', eventType: 'order.checked' } }] }
    await serverless.deploy({ eventTypes: { 'order.placed': null }, functions: { guard: known, mail } })
    await serverless.deploy({ ...guarded, functions: { guard: known, mail } })
    const orderPlaced = async () => (await stored()).eventTypes.find(type => type.name === 'order.placed')
    assert.deepEqual(await orderPlaced(), {
      space, name: 'order.placed', authorizerId: 'shop-dev-guard', metadata: METADATA
    })
    await serverless.deploy({ eventTypes: { 'order.placed': null }, functions: { mail } })
    assert.deepEqual(await orderPlaced(), { space, name: 'order.placed', metadata: METADATA })
    assert.deepEqual((await stored()).functions.map(entry => entry.functionId), ['shop-dev-mail'])
  })

  /** The lines of the gateway's metrics that count requests for one kind of resource. */
  async function operations (resource) {
    const metrics = await (await fetch(`${gateway.configUrl}/v1/metrics`)).text()
    return metrics.split('\n').filter(line => line.includes(`resource="${resource}"`)).join('\n')
  }
})
