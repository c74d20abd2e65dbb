#!/usr/bin/env node
// Starts the whole shop: the gateway, the services, what `gateway.json` registers. See README.md.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { unwatchFile, watchFile } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { issue } from './functions/tokens.mjs'
import { apply, readConfiguration } from './launcher/apply.mjs'
import { Programs } from './launcher/programs.mjs'

const here = path.dirname(fileURLToPath(import.meta.url))
const root = path.resolve(here, '../..')
const USAGE = `Usage: examples/web-shop/start.mjs [options]

  --gateway FILE        a gateway that is built already; else $EVENT_GATEWAY_BIN, else it is built with cargo
  --events-port PORT    port of the shop (4000); 0 picks a free one
  --config-port PORT    port of the Configuration API (4001); 0 picks a free one
  --services-port PORT  first of five ports in a row for what stands behind the gateway; free ones without it
  --configuration FILE  what is registered (gateway.json); applied again whenever it is saved
`
const DAY = 24 * 3600
const LOOK_AT_FILE_MS = 300

function fail (text) {
  console.error(text)
  process.exit(1)
}

function options () {
  try {
    return parseArgs({
      options: {
        gateway: { type: 'string', default: process.env.EVENT_GATEWAY_BIN },
        'events-port': { type: 'string', default: '4000' },
        'config-port': { type: 'string', default: '4001' },
        'services-port': { type: 'string', default: '0' },
        configuration: { type: 'string', default: path.join(here, 'gateway.json') },
        help: { type: 'boolean', short: 'h' }
      }
    }).values
  } catch (error) {
    return fail(`${error.message}\n\n${USAGE}`)
  }
}

function builtGateway () {
  const built = spawnSync('cargo', ['build', '--release', '--locked'], { cwd: root, stdio: 'inherit' })
  if (built.status !== 0) fail('the gateway cannot be built: is Rust there (rustup.rs)? --gateway names one that is built')
  return path.resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', 'release', 'event-gateway')
}

/** A secret of this run. Two of them can be set, to send or receive webhooks by other programs. */
function secret (variable) {
  return (variable && process.env[variable]) || 'whsec_' + randomBytes(32).toString('base64')
}

async function startPrograms (programs, gateway, folder) {
  const tokenSecret = secret()
  const orderWebhook = secret('ORDER_WEBHOOK_SECRET')
  const paymentWebhook = secret('PAYMENT_WEBHOOK_SECRET')
  const producerToken = issue({ subject: 'producer', role: 'producer', seconds: 30 * DAY }, tokenSecret)

  const { events, config } = await programs.start('gateway', [
    gateway,
    `--events-port=${chosen['events-port']}`,
    `--config-port=${chosen['config-port']}`,
    `--embed-data-dir=${folder}`,
    '--log-format=text'
  ], {
    // `gateway.json` refers to this variable: the file itself has no secret in it.
    environment: { EVENT_GATEWAY_SECRET_ORDER_WEBHOOK: orderWebhook },
    ready: /Events API listening on (?<events>http:\S+\d)\. Config API listening on (?<config>http:\S+\d)\./
  })
  let port = Number(chosen['services-port'])
  const service = async (name, command, environment) => {
    const PORT = String(port && port++)
    const listening = { environment: { ...environment, PORT }, ready: /(?<url>http:\/\/127\.0\.0\.1:\d+)/ }
    return (await programs.start(name, command.map(part => part.replace('$PORT', PORT)), listening)).url
  }
  const node = file => [process.execPath, path.join(here, file)]
  const [PAGE_URL, CATALOGUE_URL, ORDERS_URL, FUNCTIONS_URL, BANK_URL] = await Promise.all([
    // Any web server for files would do.
    service('page', ['python3', '-u', '-m', 'http.server', '--bind=127.0.0.1', `--directory=${path.join(here, 'page')}`, '$PORT']),
    service('catalogue', ['python3', path.join(here, 'services/catalogue.py')]),
    service('orders', node('services/orders.mjs'), { SHOP_URL: events, PRODUCER_TOKEN: producerToken }),
    service('functions', node('functions/host.mjs'), {
      SHOP_URL: events,
      PRODUCER_TOKEN: producerToken,
      TOKEN_SECRET: tokenSecret,
      PAYMENT_WEBHOOK_SECRET: paymentWebhook
    }),
    service('bank', node('partners/bank.mjs'), {
      ORDER_WEBHOOK_SECRET: orderWebhook,
      PAYMENT_WEBHOOK_SECRET: paymentWebhook,
      PAYMENT_WEBHOOK_URL: `${events}/webhooks/payments`
    })
  ])
  return { events, config, producerToken, urls: { PAGE_URL, CATALOGUE_URL, ORDERS_URL, FUNCTIONS_URL, BANK_URL } }
}

const chosen = options()
if (chosen.help) {
  console.log(USAGE)
  process.exit(0)
}
for (const [name, value] of Object.entries(chosen)) {
  if (name.endsWith('-port') && !/^\d{1,5}$/.test(value)) fail(`--${name} is a number, not ${value}`)
}

const gateway = path.resolve(chosen.gateway ?? builtGateway())
const folder = await mkdtemp(path.join(tmpdir(), 'web-shop-'))
const programs = new Programs(text => stop(1, text))

let stopping = false
async function stop (status, why) {
  if (stopping) return
  stopping = true
  if (why) console.error(why)
  unwatchFile(chosen.configuration)
  await programs.stop()
  await rm(folder, { recursive: true, force: true })
  process.exit(status)
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop(0))

try {
  const { events, config, producerToken, urls } = await startPrograms(programs, gateway, folder)
  const applyFile = async report => apply(config, await readConfiguration(chosen.configuration, urls), report)
  let registered = 0
  await applyFile(() => registered++)
  watchFile(chosen.configuration, { interval: LOOK_AT_FILE_MS }, async () => {
    try {
      await applyFile(change => console.log(`applied   | ${change}`))
    } catch (error) {
      console.error(`applied   | not all of it: ${error.message}`)
    }
  })
  console.log(`
${registered} things are registered, as ${path.relative(process.cwd(), chosen.configuration)} says. Ctrl-C stops everything.

  The shop, through the gateway:       ${events}/
  Its page from an origin of its own:  ${urls.PAGE_URL}/?shop=${events}
  Configuration API:                   ${config}/v1/spaces/shop/subscriptions

For the programs in producers/:

  export SHOP_URL=${events}
  export PRODUCER_TOKEN=${producerToken}
`)
} catch (error) {
  await stop(1, error.message)
}
