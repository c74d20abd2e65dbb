// The AsyncAPI document of a space is one to AsyncAPI's own parser, which the tools of AsyncAPI read documents with.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { asyncapi } from '../installed.mjs'
import { LocalGateway } from '../local-gateway.mjs'

// Documents are read before any is parsed: that takes so long that idle connections are closed meanwhile.
let gateway
let texts
before(async () => {
  gateway = await LocalGateway.start()
  texts = {}
  for (const [name, resources] of Object.entries(SPACES)) texts[name] = await textOf(`asyncapi-${name}`, resources)
})
after(() => gateway?.stop())

const fn = (functionId, more = {}) =>
  ['functions', { functionId, type: 'http', provider: { url: 'http://localhost:1' }, ...more }]
const sub = (eventType, functionId, path, more = {}) =>
  ['subscriptions', { type: 'async', eventType, functionId, path, method: 'POST', ...more }]

const ORDER = {
  $ref: '#/$defs/order',
  $defs: { order: { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } } }
}
const SCHEMAS = [
  { $schema: 'http://json-schema.org/draft-04/schema#', minimum: 1, exclusiveMinimum: true },
  { $schema: 'http://json-schema.org/draft-06/schema#', const: 1 },
  { $schema: 'http://json-schema.org/draft-07/schema#', if: { type: 'string' }, then: { minLength: 1 } },
  { $schema: 'https://json-schema.org/draft/2019-09/schema', dependentRequired: { a: ['b'] }, $defs: { a: true } },
  { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'string' }], items: false },
  // Words that AsyncAPI has for something else.
  { discriminator: { propertyName: 'kind' }, externalDocs: 'see there' },
  { items: { $anchor: 'here' }, contains: { $ref: '#here' } },
  true, false, {}
]
const SPACES = {
  empty: [],
  orders: [
    fn('bills', { description: 'Bills customers', owner: 'billing', tags: ['money'] }),
    ['eventtypes', { name: 'order.placed', description: 'An order', tags: ['core', 'core'], schema: ORDER, examples: [{ id: 1 }] }],
    sub('order.placed', 'bills', '/shops/:shop/orders')
  ],
  drafts: [fn('f'), ...SCHEMAS.flatMap((schema, at) => [
    ['eventtypes', { name: `draft.${at}`, schema }], sub(`draft.${at}`, 'f', `/${at}`)
  ])]
}

/** Registers what is given in a space and reads its document. */
async function textOf (space, resources) {
  const base = `${gateway.configUrl}/v1/spaces/${space}`
  for (const [collection, body] of resources) {
    const answer = await fetch(`${base}/${collection}`, { method: 'POST', body: JSON.stringify(body) })
    assert.equal(answer.status, 201, await answer.text())
  }
  return (await fetch(`${base}/asyncapi`)).text()
}

async function documentOf (name) {
  const { document, diagnostics } = await new asyncapi.Parser().parse(texts[name])
  const errors = diagnostics.filter(({ severity }) => severity === 0)
  assert.deepEqual(errors, [], texts[name])
  return document
}

test('a space with nothing', async () => {
  const document = await documentOf('empty')
  assert.equal(document.version(), '3.0.0')
  assert.equal(document.operations().length, 0)
})

test('the gateway receives from clients and sends to functions', async () => {
  const document = await documentOf('orders')
  const operations = document.operations().all()
  assert.deepEqual(operations.map(operation => operation.action()).sort(), ['receive', 'send'])
  const received = document.operations().filterByReceive()[0]
  const [channel] = received.channels().all()
  assert.equal(channel.address(), '/shops/{shop}/orders')
  const [message] = received.messages().all()
  assert.equal(message.name(), 'order.placed')
  // References are followed.
  assert.equal(message.payload().json().properties.id.type, 'integer')
})

test('schemas of every draft, and what AsyncAPI has other words for', async () => {
  const document = await documentOf('drafts')
  assert.equal(document.components().messages().all().length, SCHEMAS.length)
})
