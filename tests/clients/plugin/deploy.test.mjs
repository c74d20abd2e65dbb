// `serverless deploy` and `serverless remove` with the plugin: what ends up in the gateway.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { LocalGateway } from '../local-gateway.mjs'
import { Serverless } from './serverless.mjs'

const METADATA = { service: 'shop', stage: 'dev' }
const STREAM = 'arn:aws:firehose:us-east-1:123456789012:deliverystream/archive'

const SHOP = {
  eventTypes: { 'http.request': null, 'order.placed': null },
  functions: {
    list: { events: [{ eventgateway: { type: 'sync', eventType: 'http.request', path: '/items', method: 'GET' } }] },
    mail: {
      events: [
        { eventgateway: { type: 'async', eventType: 'order.placed' } },
        { eventgateway: { type: 'async', eventType: 'user.created', path: 'users' } }
      ]
    },
    unrelated: { events: [{ schedule: 'rate(1 day)' }] }
  }
}

describe('deploy', () => {
  let gateway
  before(async () => { gateway = await LocalGateway.start() })
  after(() => gateway.stop())

  function shop (settings = {}) {
    const { space } = gateway.client().config
    const serverless = new Serverless({ gateway, space, ...settings })
    return { serverless, space, stored: () => gateway.configuration(space) }
  }

  it('creates event types, functions and subscriptions of the service', async () => {
    const { serverless, space, stored } = shop()
    await serverless.deploy(SHOP)
    const subscription = (type, eventType, functionId, path, method) => {
      const subscribed = { type, eventType, functionId, path, method }
      return { space, subscriptionId: subscriptionId(subscribed), ...subscribed, metadata: METADATA }
    }
    const lambda = key => ({
      space,
      functionId: serverless.functionName(key),
      type: 'awslambda',
      provider: serverless.provider({ arn: serverless.arn(key) }),
      metadata: METADATA
    })
    const expected = [
      subscription('sync', 'http.request', 'shop-dev-list', `/${space}/items`, 'GET'),
      subscription('async', 'order.placed', 'shop-dev-mail', `/${space}/`, 'POST'),
      subscription('async', 'user.created', 'shop-dev-mail', `/${space}/users`, 'POST')
    ]
    assert.deepEqual(await stored(), {
      eventTypes: ['http.request', 'order.placed', 'user.created'].map(name => ({ space, name, metadata: METADATA })),
      functions: [lambda('list'), lambda('mail')],
      subscriptions: expected.sort((a, b) => (a.subscriptionId < b.subscriptionId ? -1 : 1)),
      cors: []
    })
  })

  it('changes nothing the second time, although the Lambda versions moved on', async () => {
    const { serverless, stored } = shop()
    await serverless.deploy(SHOP)
    const first = await stored()
    await serverless.deploy(SHOP)
    assert.deepEqual(await stored(), first)
    assert.doesNotMatch(serverless.lines.join('\n'), /created|registered|updated|deleted|subscribed/)
  })

  it('follows a changed service: new, moved and dropped parts, rotated keys', async () => {
    const { serverless, space, stored } = shop()
    await serverless.deploy(SHOP)
    serverless.keys = { id: 'next-key-id', secret: 'next-key-secret' }
    await serverless.deploy({
      eventTypes: { 'http.request': null },
      functions: {
        list: {
          events: [{ eventgateway: { type: 'sync', eventType: 'http.request', path: '/products/:id', method: 'GET' } }]
        },
        audit: { events: [{ eventgateway: { type: 'async', eventType: 'user.created', path: '/users' } }] }
      }
    })
    const { eventTypes, functions, subscriptions } = await stored()
    assert.deepEqual(eventTypes.map(type => type.name), ['http.request', 'user.created'])
    assert.deepEqual(functions.map(entry => [entry.functionId, entry.provider]), ['audit', 'list'].map(key => [
      serverless.functionName(key), serverless.provider({ arn: serverless.arn(key) })
    ]))
    assert.deepEqual(subscriptions.map(entry => [entry.functionId, entry.path]).sort(), [
      ['shop-dev-audit', `/${space}/users`], ['shop-dev-list', `/${space}/products/:id`]
    ])
  })

  it('understands events written in the older form', async () => {
    const { serverless, space, stored } = shop()
    await serverless.deploy({
      functions: {
        old: {
          events: [
            { eventgateway: { event: 'http', path: '/old', method: 'get' } },
            { eventgateway: { event: 'http', path: '/default' } },
            { eventgateway: { event: 'user.created' } }
          ]
        }
      }
    })
    const { eventTypes, subscriptions } = await stored()
    assert.deepEqual(eventTypes.map(type => type.name), ['http.request', 'user.created'])
    assert.deepEqual(subscriptions.map(({ type, eventType, path, method }) => [type, eventType, path, method]).sort(), [
      ['async', 'user.created', `/${space}/`, 'POST'],
      ['sync', 'http.request', `/${space}/default`, 'GET'],
      ['sync', 'http.request', `/${space}/old`, 'GET']
    ])
  })

  it('registers streams and queues as connector functions', async () => {
    const { serverless, stored } = shop()
    const events = [{ eventgateway: { type: 'async', eventType: 'order.placed' } }]
    // The plugin looks for a stack output by the deployed name, so key and name agree here as in its own tests.
    const named = (name, type, inputs) => ({ [name]: { name, type, inputs, events } })
    const template = await serverless.deploy({
      resources: { Orders: { Type: 'AWS::Kinesis::Stream' }, Jobs: { Type: 'AWS::SQS::Queue' } },
      functions: {
        ...named('shop-dev-stream', 'awskinesis', { logicalId: 'Orders' }),
        ...named('shop-dev-queue', 'awssqs', { logicalId: 'Jobs' }),
        ...named('shop-dev-archive', 'awsfirehose', { arn: STREAM, deliveryStreamName: 'archive' })
      }
    })
    assert.deepEqual((await stored()).functions.map(({ functionId, type, provider }) => [functionId, type, provider]), [
      ['shop-dev-archive', 'awsfirehose', serverless.provider({ deliveryStreamName: 'archive' })],
      ['shop-dev-queue', 'awssqs', serverless.provider({ queueUrl: 'Jobs' })],
      ['shop-dev-stream', 'awskinesis', serverless.provider({ streamName: 'Orders' })]
    ])
    const [policy] = [template.Resources.EventGatewayUserPolicy.Properties.PolicyDocument]
    assert.deepEqual(policy.Statement.map(statement => statement.Action[0]), [
      'kinesis:PutRecord', 'sqs:SendMessage', 'firehose:PutRecord'
    ])
  })

  it('explains that another service has the endpoint', async () => {
    const { serverless, space } = shop()
    await serverless.deploy(SHOP)
    const { list } = SHOP.functions
    const blog = new Serverless({ gateway, space, service: 'blog' })
    await assert.rejects(blog.deploy({ functions: { list } }), {
      message: `Could not subscribe the blog-dev-list function to the '/${space}/items' endpoint. A subscription for ` +
        'that endpoint and method already exists in another service. Please remove that subscription before ' +
        'registering this subscription.'
    })
  })

  it('adopts an event type that exists without an owner', async () => {
    const { serverless, space, stored } = shop()
    const client = gateway.client({ space })
    await client.createEventType({ name: 'order.placed' })
    await serverless.deploy(SHOP)
    const adopted = (await stored()).eventTypes.find(type => type.name === 'order.placed')
    assert.deepEqual(adopted, { space, name: 'order.placed', metadata: METADATA })
  })

  it('removes functions, subscriptions and event types of the service', async () => {
    const { serverless, stored } = shop()
    await serverless.deploy(SHOP)
    await serverless.remove(SHOP)
    assert.deepEqual(await stored(), { eventTypes: [], functions: [], subscriptions: [], cors: [] })
  })
})

function subscriptionId ({ type, eventType, functionId, path, method }) {
  const parts = type === 'sync' ? [type, eventType] : [type, eventType, functionId]
  return Buffer.from([...parts, encodeURIComponent(path), method].join(',')).toString('base64url')
}
