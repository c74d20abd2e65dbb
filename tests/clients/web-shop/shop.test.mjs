// The example `examples/web-shop`: what its README says of each part is so.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'

import { webhooks } from '../installed.mjs'
import { until } from '../until.mjs'
import { Shop } from './shop.mjs'

describe('the web shop', () => {
  let shop, ada
  before(async () => {
    shop = await Shop.start()
    ada = await shop.signIn('ada')
  })
  after(() => shop.stop())

  const stockOf = async sku => (await shop.request('GET', `/catalogue/${sku}`)).body.stock

  it('serves the page from a plain web server', async () => {
    const types = { '/': 'text/html', '/shop.js': 'javascript', '/shop.css': 'text/css' }
    for (const [place, type] of Object.entries(types)) {
      const { status, headers } = await shop.request('GET', place)
      assert.equal(status, 200)
      assert.ok(headers.get('content-type').includes(type), place)
    }
  })

  it('has a catalogue', async () => {
    const { status, body } = await shop.request('GET', '/catalogue')
    assert.equal(status, 200)
    assert.deepEqual(body.map(item => item.sku), ['mug', 'lamp', 'chair'])
    assert.equal((await shop.request('GET', '/catalogue/lamp')).body.name, 'Desk lamp')
    assert.equal((await shop.request('GET', '/catalogue/none')).status, 404)
  })

  it('takes orders that can be filled', async () => {
    const placed = await shop.request('POST', '/orders', { token: ada, body: { sku: 'lamp', quantity: 2 } })
    assert.equal(placed.status, 201)
    assert.equal(placed.body.total, 2 * 4900)
    assert.equal(placed.headers.get('location'), `/orders/${placed.body.id}`)
    const shown = await shop.request('GET', `/orders/${placed.body.id}`, { token: ada })
    assert.equal(shown.body.customer, 'ada')

    for (const [body, status] of [[{ sku: 'none', quantity: 1 }, 400], [{ sku: 'lamp' }, 400], ['no JSON', 400], [{ sku: 'chair', quantity: 4 }, 409]]) {
      assert.equal((await shop.request('POST', '/orders', { token: ada, body })).status, status, JSON.stringify(body))
    }
  })

  it('shows an order to nobody else', async () => {
    const { id } = await shop.placeOrder(ada)
    await shop.timeline(ada, id, ['order.placed'])
    const grace = await shop.signIn('grace')
    for (const place of [`/orders/${id}`, `/orders/${id}/timeline`]) {
      assert.equal((await shop.request('GET', place, { token: ada })).status, 200)
      assert.equal((await shop.request('GET', place, { token: grace })).status, 404)
    }
  })

  it('lets customers in, and nobody without a token that is good', async () => {
    const missing = await shop.request('POST', '/orders', { body: { sku: 'mug', quantity: 1 } })
    assert.equal(missing.status, 401)
    assert.equal(missing.headers.get('www-authenticate'), 'Bearer')
    const [header, claims, signature] = ada.split('.')
    const changed = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(claims, 'base64url')), sub: 'grace' })).toString('base64url')
    const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
    for (const [token, status] of [
      [`${header}.${changed}.${signature}`, 401],
      [`${unsigned}.${claims}.`, 401],
      ['nonsense', 401],
      [shop.producerToken, 403],
      [ada, 404]
    ]) {
      assert.equal((await shop.request('GET', '/orders/none', { token })).status, status, token)
    }
  })

  it('delivers what happens to an order', async () => {
    const before = await stockOf('mug')
    const { id } = await shop.placeOrder(ada, 'mug', 3)
    const timeline = await shop.timeline(ada, id, ['order.placed', 'payment.received'])
    assert.deepEqual(timeline.map(entry => [entry.type, entry.source]), [['order.placed', '/orders'], ['payment.received', '/bank']])
    assert.equal(timeline[1].data.amount, 3 * 1400)
    await until('the order is paid', async () => (await shop.request('GET', `/orders/${id}`, { token: ada })).body.status === 'paid')
    await until('the stock falls', async () => (await stockOf('mug')) <= before - 3)
  })

  it('takes CloudEvents of the JavaScript SDK', async () => {
    const before = await stockOf('chair')
    assert.match(await shop.produce('restock.mjs', 'chair', '40'), /sent stock\.changed/)
    await until('the stock grows', async () => (await stockOf('chair')) === before + 40)
  })

  it('takes CloudEvents of the Python SDK', async () => {
    const { id } = await shop.placeOrder(ada)
    assert.match(await shop.produce('parcel.py', id, 'Graz'), /sent parcel\.moved/)
    const timeline = await shop.timeline(ada, id, ['parcel.moved'])
    assert.deepEqual(timeline.find(entry => entry.type === 'parcel.moved').data, { place: 'Graz' })
  })

  it('leaves out events of those who are no producers', async () => {
    const before = await stockOf('lamp')
    const id = randomUUID()
    const headers = { 'ce-specversion': '1.0', 'ce-id': id, 'ce-type': 'stock.changed', 'ce-source': '/stranger' }
    const body = { sku: 'lamp', change: 5000 }
    assert.equal((await shop.request('POST', '/', { token: ada, headers, body })).status, 202)
    const attempt = await until('the refusal is logged', async () => (await shop.configured(`shop/deliveries?eventId=${id}`)).deliveries[0])
    assert.equal(attempt.outcome, 'denied')
    assert.ok((await stockOf('lamp')) <= before)
  })

  it('believes a webhook that is signed, and no other', async () => {
    const { id: order } = await shop.placeOrder(ada)
    await shop.timeline(ada, order, ['payment.received'])
    const now = new Date()
    const webhook = (secret, body, { id = randomUUID(), at = now, signed = body, type = 'application/json' } = {}) => shop.request('POST', '/webhooks/payments', {
      body,
      headers: {
        'Content-Type': type,
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at / 1000)),
        'webhook-signature': new webhooks.Webhook(secret).sign(id, at, signed)
      }
    })
    const payments = async () => (await shop.timeline(ada, order, [])).filter(entry => entry.type === 'payment.received')
    const body = JSON.stringify({ order, amount: 1 })
    const other = new Shop().paymentSecret
    assert.equal((await webhook(other, body)).status, 401)
    assert.equal((await webhook(shop.paymentSecret, body, { signed: body.replace('1', '2') })).status, 401)
    assert.equal((await webhook(shop.paymentSecret, body, { at: new Date(now - 600_000) })).status, 401)
    assert.equal((await shop.request('POST', '/webhooks/payments', { body })).status, 401)
    // Genuine, but of no payment.
    for (const [text, type] of [[`order=${order}`, 'application/x-www-form-urlencoded'], ['é', 'text/plain'], ['{}', 'application/json']]) {
      assert.equal((await webhook(shop.paymentSecret, text, { type })).status, 400, type)
    }
    assert.equal((await payments()).length, 1)

    // As the sender wrote it: blanks, escapes, numbers, and members that look like those around them.
    const written = `{ "body": "}, \\u00e9 \\" :", "data" : [1.0, {"body":{}}],\n  "order":"${order}",   "amount": 2.50 }`
    const id = randomUUID()
    // The second is what a bank sends that did not get the answer to the first.
    for (const _ of [1, 2]) assert.equal((await webhook(shop.paymentSecret, written, { id })).status, 200)
    await until('the payment arrives', async () => (await payments()).length === 2)
    assert.equal((await payments()).filter(entry => entry.data.amount === 2.5).length, 1)
  })

  it('signs what it tells the bank', async () => {
    const bank = (await shop.configured('shop/functions/bank')).provider.url
    const event = { specversion: '1.0', id: '1', source: '/orders', type: 'order.placed', subject: 'o-1', data: { id: 'o-1', total: 1 } }
    const body = JSON.stringify(event)
    const id = randomUUID()
    const send = (secret, at = new Date()) => fetch(bank, {
      method: 'POST',
      body,
      headers: {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at / 1000)),
        'webhook-signature': new webhooks.Webhook(secret).sign(id, at, body)
      }
    })
    assert.equal((await send(shop.paymentSecret)).status, 401)
    assert.equal((await fetch(bank, { method: 'POST', body })).status, 401)
    assert.equal((await send(shop.orderSecret)).status, 200)
    // The gateway's own were taken by the same bank: orders are paid, in the cases above.
  })

  it('lets pages of its own origin in from elsewhere', async () => {
    const preflight = (method, place, origin, wanted) => shop.request('OPTIONS', place, {
      headers: { Origin: origin, 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': wanted }
    })
    const allowed = await preflight('POST', '/orders', shop.page.origin, 'authorization,content-type')
    assert.equal(allowed.headers.get('access-control-allow-origin'), shop.page.origin)
    const refused = await preflight('POST', '/orders', 'http://elsewhere.example', 'authorization,content-type')
    assert.equal(refused.headers.get('access-control-allow-origin'), null)
    // The page can read why it was refused.
    const unauthorized = await shop.request('GET', '/orders/1', { headers: { Origin: shop.page.origin } })
    assert.equal(unauthorized.status, 401)
    assert.equal(unauthorized.headers.get('access-control-allow-origin'), shop.page.origin)
  })

  const estimates = async calls => {
    const counts = { v1: 0, v2: 0 }
    for (let made = 0; made < calls; made += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => shop.request('GET', '/delivery-estimate')))
      for (const { body } of answers) counts[body.version]++
    }
    return counts
  }

  it('sends a tenth of the calls to the canary', async () => {
    const { v1, v2 } = await estimates(300)
    assert.equal(v1 + v2, 300)
    // 30 are expected. Fewer than one run in a billion is out of these bounds.
    assert.ok(v2 >= 4 && v2 <= 80, `${v2} of 300`)
  })

  it('applies gateway.json whenever it is saved', async () => {
    await shop.save(text => text.replace('"weight": 90', '"wait": 90'))
    await until('the fault is shown', () => /not all of it.*\n.*\n.*400 Function doesn't validate/.test(shop.log))
    assert.equal((await shop.request('GET', '/delivery-estimate')).status, 200)
    await shop.save(text => text.replace('"wait": 90', '"weight": 0'))
    await until('the change is applied', () => shop.log.includes('functions ~ delivery-estimate'))
    assert.deepEqual(await estimates(50), { v1: 0, v2: 50 })
  })

  it('has a launcher that applies the configuration of any gateway', async () => {
    const hook = { functionId: 'hook', type: 'http', provider: { url: '${HOOK}' } }
    const subscription = { type: 'async', eventType: 'thing.done', functionId: 'hook' }
    const other = { eventTypes: [{ name: 'thing.done' }], functions: [hook], subscriptions: [subscription] }
    const created = await shop.apply({ other }, { HOOK: 'http://127.0.0.1:9/' })
    assert.equal(created.status, 0, created.output)
    assert.equal(created.output, 'other: functions + hook\nother: eventTypes + thing.done\nother: subscriptions + async thing.done hook POST /\n')
    assert.equal((await shop.apply({ other: {} })).status, 0)
    assert.deepEqual(await shop.configured('other/functions'), { functions: [] })
    assert.notEqual((await shop.configured('shop/functions')).functions.length, 0)
  })
})
