// A Python program that is spoken to in lines of JSON.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import readline from 'node:readline'
import { fileURLToPath } from 'node:url'

import { python } from './installed.mjs'
import { until } from './until.mjs'

/** A running program, named by its URL. */
export class PythonProgram {
  #process
  #errors = ''

  /** Every line it has written so far, parsed. */
  lines = []

  constructor (script) {
    assert.ok(existsSync(python), `${python} is missing: ./test installs it`)
    this.#process = spawn(python, [fileURLToPath(script)], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#process.stderr.setEncoding('utf8').on('data', text => { this.#errors += text })
    readline.createInterface({ input: this.#process.stdout }).on('line', line => this.lines.push(JSON.parse(line)))
    // A test that fails before it stops the program must still end; the program then ends with it.
    for (const handle of [this.#process, ...this.#process.stdio]) handle.unref()
    process.once('exit', () => this.#process.kill('SIGKILL'))
  }

  write (order) {
    this.#process.stdin.write(JSON.stringify(order) + '\n')
  }

  /** Waits for a line that `matches`. */
  line (matches) {
    return until('the Python program answers', () => {
      assert.equal(this.#process.exitCode, null, `the Python program ended:\n${this.#errors}`)
      return this.lines.find(matches)
    })
  }

  async stop () {
    this.#process.kill('SIGTERM')
    await until('the Python program ends', () => this.#process.exitCode !== null || this.#process.signalCode !== null)
  }
}
