// The real binary on free ports with a data folder of its own.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { EventGateway, binary } from './installed.mjs'
import { until } from './until.mjs'

const PORT_TRIES = 5

// A key in the environment would be sent with every call of the SDK; only the test about it sets one.
delete process.env.EVENT_GATEWAY_ACCESS_KEY

/** A running gateway; ends with exit code 0 when stopped, or the test that stops it fails. */
export class LocalGateway {
  #process
  #folder
  #log = ''
  #spaces = 0

  /**
   * Starts the binary and returns once its Configuration API says that it is ready. It gets more flags, and variables
   * besides those of the test, if there are any.
   */
  static async start (more = {}) {
    assert.ok(existsSync(binary), `${binary} is missing: cargo build --release`)
    for (let tries = 1; ; tries++) {
      const gateway = new LocalGateway()
      if (await gateway.#launch(more)) return gateway
      await rm(gateway.#folder, { recursive: true, force: true })
      // Another program may take a free port before the gateway does.
      const lostPort = /in use/i.test(gateway.#log) && tries < PORT_TRIES
      assert.ok(lostPort, `the gateway did not start:\n${gateway.#log}`)
    }
  }

  async #launch ({ flags: moreFlags = [], environment = {} }) {
    const [events, config] = await freePorts()
    this.#folder = await mkdtemp(path.join(tmpdir(), 'event-gateway-'))
    this.eventsUrl = `http://localhost:${events}`
    this.configUrl = `http://localhost:${config}`
    const flags = [`--embed-data-dir=${this.#folder}`, `--config-port=${config}`, `--events-port=${events}`]
    const env = { ...process.env, ...environment }
    this.#process = spawn(binary, ['--dev', ...flags, ...moreFlags], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    this.#process.stderr.setEncoding('utf8').on('data', text => { this.#log += text })
    // A test that fails before it stops the gateway must still end; the gateway then ends with it.
    this.#process.unref()
    this.#process.stderr.unref()
    process.once('exit', () => this.#process.kill('SIGKILL'))
    return until('the gateway is ready', async () => {
      if (this.#ended) return null
      const status = await fetch(`${this.configUrl}/v1/status`).catch(() => undefined)
      return status?.status === 200
    })
  }

  /** A client of the SDK, or of another version of it, in a space that nothing else uses. */
  client (settings = {}, Sdk = EventGateway) {
    const space = `space-${++this.#spaces}`
    return new Sdk({ url: this.eventsUrl, configurationUrl: this.configUrl, space, ...settings })
  }

  /** Everything stored in a space, each list ordered by its id. */
  async configuration (space) {
    const lists = { eventTypes: 'name', functions: 'functionId', subscriptions: 'subscriptionId', cors: 'corsId' }
    const stored = {}
    for (const [list, id] of Object.entries(lists)) {
      const response = await fetch(`${this.configUrl}/v1/spaces/${space}/${list.toLowerCase()}`)
      assert.equal(response.status, 200)
      stored[list] = (await response.json())[list].sort((a, b) => (a[id] < b[id] ? -1 : 1))
    }
    return stored
  }

  get #ended () {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  /** Asks the gateway to stop as an operator would and checks that it ends cleanly. */
  async stop () {
    this.#process.ref()
    try {
      this.#process.kill('SIGTERM')
      await until('the gateway ends', () => this.#ended)
      assert.equal(this.#process.exitCode, 0, `the gateway did not end cleanly:\n${this.#log}`)
      assert.doesNotMatch(this.#log, /panicked/)
    } finally {
      this.#process.kill('SIGKILL')
      await rm(this.#folder, { recursive: true, force: true })
    }
  }
}

async function freePorts () {
  const servers = [net.createServer(), net.createServer()]
  await Promise.all(servers.map(server => once(server.listen(0), 'listening')))
  const ports = servers.map(server => server.address().port)
  await Promise.all(servers.map(server => once(server.close(), 'close')))
  return ports
}
