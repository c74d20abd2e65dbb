// Functions through the JavaScript SDK.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { LocalGateway } from '../local-gateway.mjs'

const HTTP = { functionId: 'hello', type: 'http', provider: { url: 'http://localhost/hello' } }
const KEYS = { awsAccessKeyId: 'id', awsSecretAccessKey: 'secret', awsSessionToken: 'token' }
const KINDS = [
  HTTP,
  { functionId: 'lambda', type: 'awslambda', provider: { arn: 'arn::::', region: 'us-east-1', ...KEYS } },
  { functionId: 'kinesis', type: 'awskinesis', provider: { streamName: 'stream', region: 'us-east-1' } },
  { functionId: 'firehose', type: 'awsfirehose', provider: { deliveryStreamName: 'stream', region: 'us-east-1' } },
  { functionId: 'sqs', type: 'awssqs', provider: { queueUrl: 'http://localhost/queue', region: 'us-east-1' } }
]
const INVALID = "Function doesn't validate. Validation error"

describe('functions', () => {
  let gateway
  before(async () => { gateway = await LocalGateway.start() })
  after(() => gateway.stop())

  for (const kind of KINDS) {
    it(`createFunction stores ${kind.type} with its provider as given`, async () => {
      const client = gateway.client()
      const stored = { space: client.config.space, ...kind }
      assert.deepEqual(await client.createFunction(kind), stored)
      assert.deepEqual(await client.listFunctions(), [stored])
    })
  }

  it('createFunction fails for an existing id, an unknown type and an incomplete provider', async () => {
    const client = gateway.client()
    await client.createFunction(HTTP)
    const failures = [
      [HTTP, 'Function "hello" already registered.'],
      [{ ...HTTP, type: 'weighted' }, `${INVALID}: provider weighted not supported`],
      [{ ...HTTP, provider: {} }, `${INVALID}: missing required fields for HTTP endpoint`],
      [{ ...HTTP, provider: undefined }, `${INVALID}: provider configuration not set`],
      [{ ...KINDS[1], provider: { arn: 'arn::::' } }, `${INVALID}: missing required fields for AWS Lambda function`]
    ]
    for (const [definition, reason] of failures) {
      await assert.rejects(client.createFunction(definition), {
        message: `Failed to create the function ${definition.functionId} due the error: ${reason}`
      })
    }
  })

  it('updateFunction replaces type, provider and metadata', async () => {
    const client = gateway.client()
    const { space } = client.config
    await client.createFunction({ ...HTTP, metadata: { stage: 'dev' } })
    const changed = { ...KINDS[1], functionId: 'hello' }
    assert.deepEqual(await client.updateFunction(changed), { space, ...changed })
    assert.deepEqual(await client.listFunctions(), [{ space, ...changed }])
  })

  it('updateFunction fails for an unknown id and an invalid provider', async () => {
    const client = gateway.client()
    await assert.rejects(client.updateFunction(HTTP), {
      message: 'Failed to update the function hello due the error: Function "hello" not found.'
    })
    await client.createFunction(HTTP)
    await assert.rejects(client.updateFunction({ ...HTTP, provider: { url: 'not-a-url' } }), {
      message: 'Failed to update the function hello due the error: ' +
        `${INVALID}: missing required fields for HTTP endpoint`
    })
  })

  it('deleteFunction removes it once', async () => {
    const client = gateway.client()
    await client.createFunction(HTTP)
    assert.equal(await client.deleteFunction({ functionId: 'hello' }), undefined)
    assert.deepEqual(await client.listFunctions(), [])
    await assert.rejects(client.deleteFunction({ functionId: 'hello' }), {
      message: 'Failed to delete the function hello due the error: Function "hello" not found.'
    })
  })

  it('deleteFunction fails for a subscribed function and for an authorizer', async () => {
    const client = gateway.client()
    await client.createFunction(HTTP)
    await client.createFunction({ ...HTTP, functionId: 'guard' })
    await client.createEventType({ name: 'user.created', authorizerId: 'guard' })
    await client.subscribe({ type: 'async', eventType: 'user.created', functionId: 'hello' })
    await assert.rejects(client.deleteFunction({ functionId: 'hello' }), {
      message: 'Failed to delete the function hello due the error: ' +
        "Function cannot be deleted because it's subscribed to a least one event."
    })
    await assert.rejects(client.deleteFunction({ functionId: 'guard' }), {
      message: 'Failed to delete the function guard due the error: ' +
        'Function guard cannot be deleted because is used as an authorizer for user.created event type.'
    })
  })

  it('listFunctions filters by metadata', async () => {
    const client = gateway.client()
    await client.createFunction({ ...HTTP, functionId: 'a', metadata: { service: 'shop', stage: 'dev' } })
    await client.createFunction({ ...HTTP, functionId: 'b', metadata: { service: 'shop', stage: 'prod' } })
    await client.createFunction({ ...HTTP, functionId: 'c' })
    const ids = async filters => (await client.listFunctions(filters)).map(entry => entry.functionId).sort()
    assert.deepEqual(await ids(), ['a', 'b', 'c'])
    assert.deepEqual(await ids({ 'metadata.service': 'shop', 'metadata.stage': 'dev' }), ['a'])
  })

  it('an access key of a hosted account is accepted and not needed', async () => {
    const client = gateway.client()
    process.env.EVENT_GATEWAY_ACCESS_KEY = 'key'
    try {
      await client.createFunction(HTTP)
    } finally {
      delete process.env.EVENT_GATEWAY_ACCESS_KEY
    }
    assert.equal((await client.listFunctions()).length, 1)
  })
})
