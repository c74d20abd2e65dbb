// The page of `examples/web-shop` in a browser, which `./test` names in EVENT_GATEWAY_BROWSER where there is one.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { until } from '../until.mjs'
import { Browser } from './browser.mjs'
import { Shop } from './shop.mjs'

describe('the page of the web shop', () => {
  let shop, browser
  before(async () => {
    const program = process.env.EVENT_GATEWAY_BROWSER
    assert.ok(program, 'EVENT_GATEWAY_BROWSER names no browser');
    [shop, browser] = await Promise.all([Shop.start(), Browser.start(program)])
  })
  after(async () => {
    await browser?.stop()
    await shop?.stop()
  })

  const buysAMug = async url => {
    const inPage = await browser.open(url)
    await until('the catalogue is shown', async () => (await inPage("document.querySelectorAll('#catalogue tr').length")) === 3)
    assert.equal(await inPage('document.querySelector("#catalogue td").textContent'), 'Enamel mug')
    await until('the estimate is shown', async () => /delivered/.test(await inPage('document.querySelector("#estimate").textContent')))

    await inPage('document.querySelector("[data-sku=mug] button").click()')
    await until('the page says why not', async () => (await inPage('document.querySelector("#error").textContent')) === 'Unauthorized')
    await inPage('document.querySelector("#sign-in button").click()')
    await until('the customer is known', async () => (await inPage('document.querySelector("output").textContent')) === 'Hello, ada.')
    const stock = 'Number(document.querySelector("[data-sku=mug]").cells[2].textContent)'
    const before = await inPage('mugButton = document.querySelector("[data-sku=mug] button"), ' + stock)
    await inPage('mugButton.click()')
    const types = "[...document.querySelectorAll('#timeline li')].map(entry => entry.dataset.type).join()"
    await until('the events of the order are shown', async () => (await inPage(types)) === 'order.placed,payment.received')
    await until('the order is paid', async () => (await inPage('document.querySelector("#status").textContent')) === 'paid')
    await until('the stock falls', async () => (await inPage(stock)) < before)
    assert.ok(await inPage('mugButton.isConnected'), 'a button stays while the page is brought up to date')
    return inPage
  }

  it('sells a mug through the gateway, and shows what the carrier tells', async () => {
    const inPage = await buysAMug(`${shop.url}/`)
    await shop.produce('parcel.py', await inPage('document.querySelector("#order code").textContent'), 'Graz')
    await until('the parcel is shown', () => inPage("document.querySelector('[data-type=\"parcel.moved\"]') !== null"))
  })

  it('sells a mug from another origin', async () => {
    assert.notEqual(shop.page.origin, shop.url)
    await buysAMug(shop.page.href)
  })
})
