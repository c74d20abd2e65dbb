// The Serverless Framework itself with the plugin: `deploy` into a local AWS, then `gateway emit`, and who gets the event.
// Needs a local AWS at AWS_ENDPOINT_URL (`localstack/up`), so `./test` runs it apart from the other clients.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { nodeModules, python, serverlessFramework } from '../../installed.mjs'
import { LocalGateway } from '../../local-gateway.mjs'
import { RecordingFunction } from '../../recording-function.mjs'

const SERVICE = fileURLToPath(new URL('service', import.meta.url))
const COMMAND_LIMIT_MS = 180_000
const run = promisify(execFile)

describe('the framework', () => {
  let folder, told, gateway, hosted
  before(async () => {
    assert.ok(process.env.AWS_ENDPOINT_URL, 'AWS_ENDPOINT_URL names no local AWS: localstack/up starts one')
    folder = await mkdtemp(path.join(tmpdir(), 'serverless-'))
    await cp(SERVICE, folder, { recursive: true })
    await symlink(nodeModules, path.join(folder, 'node_modules'))
    await run(python, ['-m', 'zipfile', '-c', 'function.zip', 'function.js'], { cwd: folder })
    told = await RecordingFunction.start()
    gateway = await LocalGateway.start()
    hosted = await LocalGateway.start({ flags: ['--hosted-domains=localhost'] })
    await serverless(gateway, gateway.eventsUrl, 'deploy')
  })
  after(async () => {
    await serverless(gateway, gateway.eventsUrl, 'remove')
    assert.deepEqual(await gateway.configuration('default'), {
      eventTypes: [], functions: [], subscriptions: [], cors: []
    })
    await Promise.all([gateway.stop(), hosted.stop(), told.stop(), rm(folder, { recursive: true, force: true })])
  })

  /** Runs `serverless …` in the folder of the service, as its user; gives what it printed. */
  async function serverless (of, eventsUrl, ...command) {
    const env = {
      ...process.env,
      HOME: folder,
      SLS_TRACKING_DISABLED: '1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      TELL: told.url,
      EVENTS_URL: eventsUrl,
      CONFIG_URL: of.configUrl
    }
    const options = { cwd: folder, env, timeout: COMMAND_LIMIT_MS }
    const { stdout } = await run(process.execPath, [serverlessFramework, ...command], options)
    return stdout
  }

  /** Emits an event with a number of its own. */
  async function emit (of, eventsUrl, order) {
    const data = JSON.stringify({ order })
    const output = await serverless(of, eventsUrl, 'gateway', 'emit', '--event', 'order.placed', '--data', data)
    assert.match(output, /Event emitted:.* order\.placed/)
  }

  const received = order => told.events.filter(event => event.data.order === order)

  it('subscribes below the space, at a path that ends with a slash', async () => {
    const { functions, subscriptions } = await gateway.configuration('default')
    assert.deepEqual(functions.map(({ functionId, type }) => [functionId, type]), [['shop-dev-mail', 'awslambda']])
    assert.deepEqual(subscriptions.map(({ functionId, path, method }) => [functionId, path, method]), [
      ['shop-dev-mail', '/default/', 'POST']
    ])
  })

  it('emits to the deployed function if the URL ends with the space and a slash', async () => {
    await emit(gateway, `${gateway.eventsUrl}/default/`, 1)
    await told.event(event => event.data.order === 1)
    assert.equal(received(1).length, 1)
  })

  it('emits to nobody with any other path, and says nothing of it', async () => {
    for (const [order, url] of [[2, gateway.eventsUrl], [3, `${gateway.eventsUrl}/default`]]) {
      const before = await unmatched(gateway)
      await emit(gateway, url, order)
      // Nothing was queued, so that nothing can arrive later.
      assert.equal(await unmatched(gateway), before + 1)
      assert.deepEqual(received(order), [])
    }
  })

  it('emits to the deployed function by the host name of the space in hosted mode', async () => {
    const url = hosted.eventsUrl.replace('localhost', 'default.localhost')
    await serverless(hosted, url, 'deploy')
    await emit(hosted, url, 4)
    await told.event(event => event.data.order === 4)
    assert.equal(received(4).length, 1)
  })
})

/** How many events a gateway has accepted that nobody subscribes to. */
async function unmatched (gateway) {
  const metrics = await (await fetch(`${gateway.configUrl}/v1/metrics`)).text()
  const counts = [...metrics.matchAll(/^eventgateway_events_unmatched_total\{.*\} (\d+)$/gm)]
  return counts.reduce((sum, [, count]) => sum + Number(count), 0)
}
