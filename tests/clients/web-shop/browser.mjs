// A headless Chromium, spoken to in the DevTools protocol over its pipe.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { until } from '../until.mjs'

/** A browser with a profile of its own. */
export class Browser {
  #process
  #folder
  #calls = new Map()
  #next = 0
  #log = ''

  static async start (program) {
    const browser = new Browser()
    browser.#folder = await mkdtemp(path.join(tmpdir(), 'browser-'))
    const flags = ['--headless', '--remote-debugging-pipe', '--no-first-run', '--disable-gpu', '--disable-dev-shm-usage']
    // Root, as in containers, has no sandbox. Only the shop's own page is opened.
    const profile = ['--no-sandbox', `--user-data-dir=${browser.#folder}`]
    browser.#process = spawn(program, [...flags, ...profile], { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] })
    browser.#process.stderr.setEncoding('utf8').on('data', text => { browser.#log += text })
    let received = ''
    browser.#process.stdio[4].setEncoding('utf8').on('data', text => {
      const messages = (received + text).split('\0')
      received = messages.pop()
      for (const message of messages) browser.#take(JSON.parse(message))
    })
    browser.#process.once('exit', () => browser.#fail('the browser ended'))
    browser.#process.once('error', error => browser.#fail(error.message))
    browser.#process.stdio[3].on('error', () => {})
    process.once('exit', () => browser.#process.kill('SIGKILL'))
    return browser
  }

  #take ({ id, result, error }) {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    if (error) call?.reject(new Error(error.message))
    else call?.resolve(result)
  }

  #fail (why) {
    for (const { reject } of this.#calls.values()) reject(new Error(`${why}:\n${this.#log}`))
    this.#calls.clear()
  }

  #call (method, params, sessionId) {
    const id = ++this.#next
    this.#process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + '\0')
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }))
  }

  /** Opens a page; the function that is returned evaluates an expression in it and gives its value. */
  async open (url) {
    const { targetId } = await this.#call('Target.createTarget', { url })
    const { sessionId } = await this.#call('Target.attachToTarget', { targetId, flatten: true })
    return async expression => {
      const evaluated = await this.#call('Runtime.evaluate', { expression, returnByValue: true }, sessionId)
      if (evaluated.exceptionDetails) throw new Error(`${expression}: ${evaluated.exceptionDetails.exception?.description}`)
      return evaluated.result.value
    }
  }

  async stop () {
    const ended = () => this.#process.exitCode !== null || this.#process.signalCode !== null
    this.#process.kill('SIGTERM')
    await until('the browser ends', ended).finally(() => this.#process.kill('SIGKILL'))
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
