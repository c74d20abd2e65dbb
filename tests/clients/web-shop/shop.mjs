// The example `examples/web-shop`, started as its README says, on free ports.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { binary, nodeModules, python } from '../installed.mjs'
import { until } from '../until.mjs'

const example = fileURLToPath(new URL('../../../examples/web-shop', import.meta.url))
// Six programs on a machine that tests other things as well.
const START_MS = 40_000
const READY = /^ {2}export PRODUCER_TOKEN=(?<token>\S+)$/m

/** A shop that is open, with a copy of `gateway.json` of its own. */
export class Shop {
  #program
  #folder
  #ended

  /** Everything that has been printed. */
  log = ''
  /** What the gateway signs orders for the bank with, and what the bank signs payments with. */
  orderSecret = webhookSecret()
  paymentSecret = webhookSecret()

  static async start () {
    const shop = new Shop()
    shop.#folder = await mkdtemp(path.join(tmpdir(), 'web-shop-test-'))
    shop.configuration = path.join(shop.#folder, 'gateway.json')
    await cp(path.join(example, 'gateway.json'), shop.configuration)
    const ports = ['--events-port=0', '--config-port=0']
    const flags = [`--gateway=${binary}`, `--configuration=${shop.configuration}`, ...ports]
    shop.#program = spawn(process.execPath, [path.join(example, 'start.mjs'), ...flags], {
      env: { ...process.env, ORDER_WEBHOOK_SECRET: shop.orderSecret, PAYMENT_WEBHOOK_SECRET: shop.paymentSecret },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    const outputs = [shop.#program.stdout, shop.#program.stderr]
    for (const output of outputs) output.setEncoding('utf8').on('data', text => { shop.log += text })
    shop.#program.once('exit', (code, signal) => { shop.#ended = signal ?? code })
    // A test that fails before it stops the shop must still end. The shop then stops by itself.
    for (const handle of [shop.#program, ...outputs]) handle.unref()
    process.once('exit', () => shop.#program.kill('SIGTERM'))
    await until('the shop opens', () => {
      assert.equal(shop.#ended, undefined, `the shop did not open:\n${shop.log}`)
      return READY.test(shop.log)
    }, START_MS)
    shop.producerToken = shop.log.match(READY).groups.token
    shop.url = shop.log.match(/through the gateway: +(\S+)\/$/m)[1]
    shop.page = new URL(shop.log.match(/origin of its own: +(\S+)$/m)[1])
    shop.configUrl = new URL(shop.log.match(/Configuration API: +(\S+)$/m)[1]).origin
    return shop
  }

  /** A request to the shop: `{ status, headers, body }`, the body parsed where it is JSON. */
  async request (method, place, { body, token, headers = {} } = {}) {
    const sent = { ...headers }
    if (token) sent.Authorization = `Bearer ${token}`
    if (body !== undefined) sent['Content-Type'] ??= 'application/json'
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
    const response = await fetch(this.url + place, { method, headers: sent, body: text })
    const answered = await response.text()
    const json = response.headers.get('content-type')?.startsWith('application/json')
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(answered) : answered }
  }

  /** A customer's token. */
  async signIn (name) {
    const { status, body } = await this.request('POST', '/sessions', { body: { name } })
    assert.equal(status, 201)
    return body.token
  }

  async placeOrder (token, sku = 'mug', quantity = 1) {
    const { status, body } = await this.request('POST', '/orders', { token, body: { sku, quantity } })
    assert.equal(status, 201, JSON.stringify(body))
    return body
  }

  /** Waits until the timeline of an order has these types of events, and returns it. */
  timeline (token, order, types) {
    return until(`order ${order} has ${types}`, async () => {
      const { status, body } = await this.request('GET', `/orders/${order}/timeline`, { token })
      return status === 200 && types.every(type => body.some(entry => entry.type === type)) && body
    })
  }

  /** An answer of the Configuration API. */
  async configured (place) {
    return (await fetch(`${this.configUrl}/v1/spaces/${place}`)).json()
  }

  /** Saves `gateway.json` with a change, as a user does in an editor. */
  async save (change) {
    await writeFile(this.configuration, change(await readFile(this.configuration, 'utf8')))
  }

  /** Applies a configuration with `launcher/apply.mjs` by itself; returns the status and what is printed. */
  async apply (configuration, environment = {}) {
    const file = path.join(this.#folder, 'other.json')
    await writeFile(file, JSON.stringify(configuration))
    return run(process.execPath, [path.join(example, 'launcher/apply.mjs'), this.configUrl, file], environment)
  }

  /** Runs a program of `producers` with the SDK that it imports; returns what it prints. */
  async produce (program, ...parameters) {
    const folder = path.join(this.#folder, 'producers')
    await cp(path.join(example, 'producers'), folder, { recursive: true })
    await symlink(nodeModules, path.join(folder, 'node_modules')).catch(error => assert.equal(error.code, 'EEXIST'))
    const command = program.endsWith('.py') ? python : process.execPath
    const environment = { SHOP_URL: this.url, PRODUCER_TOKEN: this.producerToken }
    const { status, output } = await run(command, [path.join(folder, program), ...parameters], environment)
    assert.equal(status, 0, output)
    return output
  }

  /** Ends the shop as Ctrl-C does, and checks that nothing of it is left. */
  async stop () {
    this.#program.ref()
    this.#program.kill('SIGINT')
    await until('the shop closes', () => this.#ended !== undefined)
    await rm(this.#folder, { recursive: true, force: true })
    assert.equal(this.#ended, 0, `the shop did not close cleanly:\n${this.log}`)
    for (const left of [this.url, this.configUrl, this.page.origin]) await assert.rejects(fetch(left), left)
  }
}

async function run (command, parameters, environment) {
  const child = spawn(command, parameters, { env: { ...process.env, ...environment } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => { output += text })
  const [status] = await once(child, 'close')
  return { status, output }
}

function webhookSecret () {
  return 'whsec_' + randomBytes(24).toString('base64')
}
