// Event types through the JavaScript SDK.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { LocalGateway } from '../local-gateway.mjs'

const FUNCTION = { functionId: 'guard', type: 'http', provider: { url: 'http://localhost/guard' } }

describe('event types', () => {
  let gateway
  before(async () => { gateway = await LocalGateway.start() })
  after(() => gateway.stop())

  it('createEventType returns exactly what was stored', async () => {
    const client = gateway.client()
    const { space } = client.config
    assert.deepEqual(await client.createEventType({ name: 'user.created' }), { space, name: 'user.created' })
    const metadata = { service: 'shop', stage: 'dev' }
    assert.deepEqual(await client.createEventType({ name: 'user.deleted', metadata }), {
      space, name: 'user.deleted', metadata
    })
  })

  it('createEventType fails for an existing name', async () => {
    const client = gateway.client()
    await client.createEventType({ name: 'user.created' })
    await assert.rejects(client.createEventType({ name: 'user.created' }), {
      message: 'Failed to create user.created event type due the error: Event Type "user.created" already exists.'
    })
  })

  it('createEventType fails without a name', async () => {
    await assert.rejects(gateway.client().createEventType({}), {
      message: 'Failed to create undefined event type due the error: Event Type doesn\'t validate. Validation error: ' +
        "Key: 'Type.Name' Error:Field validation for 'Name' failed on the 'required' tag"
    })
  })

  it('createEventType and updateEventType fail for an authorizer that is no function', async () => {
    const client = gateway.client()
    await assert.rejects(client.createEventType({ name: 'user.created', authorizerId: 'nobody' }), {
      message: "Failed to create user.created event type due the error: Authorizer function doesn't exists."
    })
    await client.createEventType({ name: 'user.created' })
    await assert.rejects(client.updateEventType({ name: 'user.created', authorizerId: 'nobody' }), {
      message: "Failed to update user.created event type due the error: Authorizer function doesn't exists."
    })
  })

  it('updateEventType replaces the authorizer and the metadata', async () => {
    const client = gateway.client()
    const { space } = client.config
    await client.createFunction(FUNCTION)
    await client.createEventType({ name: 'user.created', metadata: { stage: 'dev' } })
    assert.deepEqual(await client.updateEventType({ name: 'user.created', authorizerId: 'guard' }), {
      space, name: 'user.created', authorizerId: 'guard'
    })
    assert.deepEqual(await client.updateEventType({ name: 'user.created', metadata: { stage: 'prod' } }), {
      space, name: 'user.created', metadata: { stage: 'prod' }
    })
  })

  it('updateEventType fails for an unknown name', async () => {
    await assert.rejects(gateway.client().updateEventType({ name: 'nothing' }), {
      message: 'Failed to update nothing event type due the error: Event Type "nothing" not found.'
    })
  })

  it('deleteEventType removes it once', async () => {
    const client = gateway.client()
    await client.createEventType({ name: 'user.created' })
    assert.equal(await client.deleteEventType({ name: 'user.created' }), undefined)
    assert.deepEqual(await client.listEventTypes(), [])
    await assert.rejects(client.deleteEventType({ name: 'user.created' }), {
      message: 'Failed to delete user.created event type due the error: Event Type "user.created" not found.'
    })
  })

  it('deleteEventType fails while a subscription uses it', async () => {
    const client = gateway.client()
    await client.createEventType({ name: 'user.created' })
    await client.createFunction(FUNCTION)
    await client.subscribe({ type: 'async', eventType: 'user.created', functionId: 'guard' })
    await assert.rejects(client.deleteEventType({ name: 'user.created' }), {
      message: 'Failed to delete user.created event type due the error: ' +
        'Event type cannot be deleted because there are subscriptions using it.'
    })
  })

  it('listEventTypes filters by metadata, all conditions at once', async () => {
    const client = gateway.client()
    await client.createEventType({ name: 'a', metadata: { service: 'shop', stage: 'dev' } })
    await client.createEventType({ name: 'b', metadata: { service: 'shop', stage: 'prod' } })
    await client.createEventType({ name: 'c' })
    const names = async filters => (await client.listEventTypes(filters)).map(type => type.name).sort()
    assert.deepEqual(await names(), ['a', 'b', 'c'])
    assert.deepEqual(await names({ 'metadata.service': 'shop' }), ['a', 'b'])
    assert.deepEqual(await names({ 'metadata.service': 'shop', 'metadata.stage': 'prod' }), ['b'])
    assert.deepEqual(await names({ 'metadata.service': 'blog' }), [])
  })

  it('spaces do not see each other', async () => {
    const [one, other] = [gateway.client(), gateway.client()]
    await one.createEventType({ name: 'user.created' })
    assert.deepEqual(await other.listEventTypes(), [])
    await assert.rejects(other.deleteEventType({ name: 'user.created' }), /Event Type "user\.created" not found\.$/)
  })
})
