// Subscriptions through the JavaScript SDK.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { LocalGateway } from '../local-gateway.mjs'

const ASYNC = { type: 'async', eventType: 'user.created', functionId: 'hello' }

describe('subscriptions', () => {
  let gateway
  before(async () => { gateway = await LocalGateway.start() })
  after(() => gateway.stop())

  /** A space with the function and the event type that a subscription needs. */
  async function prepared () {
    const client = gateway.client()
    await client.createFunction({ functionId: 'hello', type: 'http', provider: { url: 'http://localhost/hello' } })
    await client.createEventType({ name: 'user.created' })
    return client
  }

  it('subscribe fills in path and method and computes the id', async () => {
    const client = await prepared()
    const { space } = client.config
    assert.deepEqual(await client.subscribe(ASYNC), {
      space, subscriptionId: id('async,user.created,hello,%2F,POST'), ...ASYNC, path: '/', method: 'POST'
    })
    const sync = { ...ASYNC, type: 'sync', path: `/${space}/users/:id`, method: 'GET', metadata: { stage: 'dev' } }
    assert.deepEqual(await client.subscribe(sync), {
      space, subscriptionId: id(`sync,user.created,%2F${space}%2Fusers%2F:id,GET`), ...sync
    })
  })

  it('subscribe fails for a duplicate, a conflict and what does not exist', async () => {
    const client = await prepared()
    const path = `/${client.config.space}`
    await client.subscribe(ASYNC)
    await client.subscribe({ ...ASYNC, type: 'sync', path: `${path}/users/:id` })
    const failures = [
      [ASYNC, `Subscription "${id('async,user.created,hello,%2F,POST')}" already exists.`],
      [{ ...ASYNC, type: 'sync', path: `${path}/users/:name` },
        'Subscription path conflict: parameter with different name ("id") already defined: ' +
        `for route: ${path}/users/:name`],
      [{ ...ASYNC, eventType: 'nothing' }, 'Event Type "nothing" not found.'],
      [{ ...ASYNC, path: '/other', functionId: 'nobody' }, 'Function "nobody" not found.'],
      [{ ...ASYNC, type: 'later' }, "Subscription doesn't validate. Validation error: Key: 'Subscription.Type' " +
        "Error:Field validation for 'Type' failed on the 'eq=async|eq=sync' tag"]
    ]
    for (const [subscription, reason] of failures) {
      const { eventType, functionId } = subscription
      await assert.rejects(client.subscribe(subscription), {
        message: `Failed to subscribe the event ${eventType} to the function ${functionId} due the error: ${reason}`
      })
    }
  })

  it('unsubscribe removes it once', async () => {
    const client = await prepared()
    const { subscriptionId } = await client.subscribe(ASYNC)
    assert.equal(await client.unsubscribe({ subscriptionId }), undefined)
    assert.deepEqual(await client.listSubscriptions(), [])
    await assert.rejects(client.unsubscribe({ subscriptionId }), {
      message: `Failed to unsubscribe the subscription ${subscriptionId} due the error: ` +
        `Subscription "${subscriptionId}" not found.`
    })
  })

  it('listSubscriptions filters by metadata', async () => {
    const client = await prepared()
    await client.subscribe({ ...ASYNC, path: '/a', metadata: { service: 'shop', stage: 'dev' } })
    await client.subscribe({ ...ASYNC, path: '/b', metadata: { service: 'shop', stage: 'prod' } })
    await client.subscribe({ ...ASYNC, path: '/c' })
    const paths = async filters => (await client.listSubscriptions(filters)).map(entry => entry.path).sort()
    assert.deepEqual(await paths(), ['/a', '/b', '/c'])
    assert.deepEqual(await paths({ 'metadata.service': 'shop', 'metadata.stage': 'dev' }), ['/a'])
    assert.deepEqual(await paths({ 'metadata.stage': 'test' }), [])
  })

  it('many at once are all stored', async () => {
    const client = await prepared()
    const paths = Array.from({ length: 50 }, (_, index) => `/many/${index}`)
    await Promise.all(paths.map(path => client.subscribe({ ...ASYNC, path })))
    assert.deepEqual((await client.listSubscriptions()).map(entry => entry.path).sort(), paths.sort())
  })
})

function id (text) {
  return Buffer.from(text).toString('base64url')
}
