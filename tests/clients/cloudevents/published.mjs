// The requests that the tests of the SDKs are made of. Newer packages leave their tests out, so that they are read from the
// last ones that carry them: npm `cloudevents-sdk` 1.0.0, as `cloudevents` was called then, and PyPI `cloudevents` 0.3.0.
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { cloudeventsTests, nodeModules, python } from '../installed.mjs'

const TESTS = path.join(nodeModules, 'cloudevents-sdk', 'test')
// Those of the versions that are no longer CloudEvents of today, 0.1 and 0.2, are left out.
const FILE = /(http_binding|receiver_binary|receiver_structured|unmarshaller)_(0_3|1)(_tests?)?\.js$/
const READER = /\/receiver_(binary|structured)_(0_3|1)\.js$/

/** Takes every member, every call, and is every value. */
const anything = new Proxy(() => {}, { get: (_, name) => name === 'then' ? undefined : anything, apply: () => anything })

/** What an assertion library does with what it is given: a function is called, and may throw. */
function expect (value) {
  if (typeof value === 'function') attempt(value)
  return anything
}

function attempt (action) {
  try {
    return { value: action() }
  } catch (error) {
    return { error }
  }
}

/**
 * Runs the tests of npm `cloudevents-sdk` with readers and senders that record, and gives each request once:
 * `{ name, headers, body, refused }`, `refused` with the reason of the SDK where it does not take the request.
 */
export async function requestsOfJavaScript () {
  const tests = []
  const requests = new Map()
  let running
  const record = (headers, payload, refused) => {
    if (headers === null || (typeof payload !== 'string' && (typeof payload !== 'object' || payload === null))) return
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
    const text = { ...headers }
    for (const [name, value] of Object.entries(text)) text[name] = String(value)
    const key = JSON.stringify([text, body, refused])
    if (!requests.has(key)) requests.set(key, { name: running, headers: text, body, refused })
  }
  const recording = reader => class extends reader {
    parse (payload, headers) {
      const { value, error } = attempt(() => super.parse(payload, headers))
      record(headers, payload, error?.message)
      if (error) throw error
      return value
    }

    check (payload, headers) {
      const { error } = attempt(() => super.check(payload, headers))
      if (error) {
        record(headers, payload, error.message)
        throw error
      }
    }
  }
  const sender = {
    request: async config => {
      record(config.headers, config.data)
      return { config, status: 201 }
    }
  }

  const load = Module._load
  Module._load = function (request, parent, ...more) {
    if (request === 'chai') return { expect }
    if (request === 'nock' || request === 'request') return anything
    if (request === 'axios') return sender
    const loaded = load.call(this, request, parent, ...more)
    return READER.test(request) && parent.filename.startsWith(TESTS) ? recording(loaded) : loaded
  }
  const known = { describe: (_, group) => group(), it: (name, test) => tests.push({ name, test }), beforeEach: () => {} }
  Object.assign(globalThis, known)
  try {
    const require = createRequire(path.join(TESTS, 'index.js'))
    const files = readdirSync(TESTS, { recursive: true }).filter(file => FILE.test(file)).sort()
    for (const file of files) require(path.join(TESTS, file))
    for (const { name, test } of tests) {
      running = name
      // What it asserts of its SDK is not asked here.
      await Promise.resolve(attempt(test).value).catch(() => {})
    }
  } finally {
    Module._load = load
    for (const name of Object.keys(known)) delete globalThis[name]
  }
  return [...requests.values()]
}

/** The data of the tests of PyPI `cloudevents`, as requests of the same form. */
export async function requestsOfPython () {
  const script = fileURLToPath(new URL('published.py', import.meta.url))
  const { stdout } = await promisify(execFile)(python, [script, cloudeventsTests])
  return JSON.parse(stdout)
}
