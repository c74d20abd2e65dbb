// The AsyncAPI document of a space is one to AsyncAPI's own parser, which the tools of AsyncAPI read documents with.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { asyncapi } from '../installed.mjs'
import { LocalGateway } from '../local-gateway.mjs'

let gateway
before(async () => { gateway = await LocalGateway.start() })
after(() => gateway?.stop())

/** Registers what is given in a space and reads its document. */
async function documentOf (space, resources) {
  const base = `${gateway.configUrl}/v1/spaces/${space}`
  for (const [collection, body] of resources) {
    const answer = await fetch(`${base}/${collection}`, { method: 'POST', body: JSON.stringify(body) })
    assert.equal(answer.status, 201, await answer.text())
  }
  const text = await (await fetch(`${base}/asyncapi`)).text()
  const { document, diagnostics } = await new asyncapi.Parser().parse(text)
  const errors = diagnostics.filter(({ severity }) => severity === 0)
  assert.deepEqual(errors, [], text)
  return document
}

const fn = (functionId, more = {}) =>
  ['functions', { functionId, type: 'http', provider: { url: 'http://localhost:1' }, ...more }]
const sub = (eventType, functionId, path, more = {}) =>
  ['subscriptions', { type: 'async', eventType, functionId, path, method: 'POST', ...more }]

test('a space with nothing', async () => {
  const document = await documentOf('asyncapi-empty', [])
  assert.equal(document.version(), '3.0.0')
  assert.equal(document.operations().length, 0)
})

test('the gateway receives from clients and sends to functions', async () => {
  const schema = { $ref: '#/$defs/order', $defs: { order: { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } } } }
  const document = await documentOf('asyncapi-orders', [
    fn('bills', { description: 'Bills customers', owner: 'billing', tags: ['money'] }),
    ['eventtypes', { name: 'order.placed', description: 'An order', tags: ['core'], schema, examples: [{ id: 1 }] }],
    sub('order.placed', 'bills', '/shops/:shop/orders')
  ])
  const operations = document.operations().all()
  assert.deepEqual(operations.map(operation => operation.action()).sort(), ['receive', 'send'])
  const received = document.operations().filterByReceive()[0]
  const [channel] = received.channels().all()
  assert.equal(channel.address(), '/shops/{shop}/orders')
  const [message] = received.messages().all()
  assert.equal(message.name(), 'order.placed')
  assert.equal(message.payload().json().$defs.order.properties.id.type, 'integer')
})

test('schemas of every draft, and what AsyncAPI has other words for', async () => {
  const drafts = [
    { $schema: 'http://json-schema.org/draft-04/schema#', minimum: 1, exclusiveMinimum: true },
    { $schema: 'http://json-schema.org/draft-06/schema#', const: 1 },
    { $schema: 'http://json-schema.org/draft-07/schema#', if: { type: 'string' }, then: { minLength: 1 } },
    { $schema: 'https://json-schema.org/draft/2019-09/schema', dependentRequired: { a: ['b'] }, $defs: { a: true } },
    { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'string' }], items: false },
    { discriminator: { propertyName: 'kind' }, externalDocs: 'see there', deprecated: 'soon' },
    { items: { $anchor: 'here' }, contains: { $ref: '#here' } },
    true, false, {}
  ]
  const resources = drafts.flatMap((schema, at) => [
    ['eventtypes', { name: `draft.${at}`, schema }], sub(`draft.${at}`, 'f', `/${at}`)
  ])
  const document = await documentOf('asyncapi-drafts', [fn('f'), ...resources])
  assert.equal(document.components().messages().length, drafts.length)
})
