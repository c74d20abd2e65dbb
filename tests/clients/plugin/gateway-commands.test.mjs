// `serverless gateway`, `serverless gateway dashboard` and `serverless gateway emit`.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { EventGatewayPlugin } from '../installed.mjs'
import { LocalGateway } from '../local-gateway.mjs'
import { RecordingFunction } from '../recording-function.mjs'
import { until } from '../until.mjs'
import { Serverless } from './serverless.mjs'

const HOOKS = [
  'package:initialize', 'package:compileEvents', 'before:deploy:finalize', 'remove:remove', 'gateway:gateway',
  'gateway:emit:emit', 'gateway:dashboard:dashboard'
]

describe('gateway commands', () => {
  let gateway
  before(async () => { gateway = await LocalGateway.start() })
  after(() => gateway.stop())

  it('the tests of this folder drive every hook and command of the plugin', () => {
    const plugin = new EventGatewayPlugin({ getProvider: () => ({}) }, {})
    assert.deepEqual(Object.keys(plugin.hooks), HOOKS)
    assert.deepEqual(Object.keys(plugin.commands), ['gateway'])
    assert.deepEqual(Object.keys(plugin.commands.gateway.commands), ['emit', 'dashboard'])
  })

  it('gateway prints the help of its commands', async () => {
    const serverless = new Serverless({ gateway, space: 'help' })
    await serverless.command('gateway:gateway')
    assert.deepEqual(serverless.help, [['gateway']])
  })

  it('dashboard shows the functions and subscriptions of the space', async () => {
    const { space } = gateway.client().config
    const serverless = new Serverless({ gateway, space })
    const event = { type: 'sync', eventType: 'http.request', path: '/items', method: 'GET' }
    await serverless.deploy({ functions: { list: { events: [{ eventgateway: event }] } } })
    await serverless.command('gateway:dashboard:dashboard')
    const output = () => serverless.lines.join('\n')
    await until('the dashboard is complete', () => output().includes(`/${space}/items`))
    const parts = [` space: ${space}`, gateway.eventsUrl, 'shop-dev-list', serverless.arn('list'), 'us-east-1', 'GET']
    for (const part of parts) {
      assert.ok(output().includes(part), `${part} is missing in\n${output()}`)
    }
  })

  it('emit delivers to the subscribers of the path /', async () => {
    const client = gateway.client()
    const target = await RecordingFunction.start()
    await client.createFunction({ functionId: 'target', type: 'http', provider: { url: target.url } })
    await client.createEventType({ name: 'order.placed' })
    await client.subscribe({ type: 'async', eventType: 'order.placed', functionId: 'target' })
    const serverless = new Serverless({ gateway, space: client.config.space })
    await serverless.command('gateway:emit:emit', { event: 'order.placed', data: '{"total":42}' })
    const { eventID, ...event } = await target.event()
    assert.match(eventID, /^[0-9a-f-]{36}$/)
    assert.deepEqual(event, {
      eventType: 'order.placed',
      cloudEventsVersion: '0.1',
      source: 'https://github.com/serverless/serverless-event-gateway-plugin',
      contentType: 'application/json',
      data: { total: 42 }
    })
    await until('emit reports success', () => serverless.lines.join('\n').includes('order.placed'))
    await target.stop()
  })
})
