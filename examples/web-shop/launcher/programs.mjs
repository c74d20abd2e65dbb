// The programs that make up the shop: started together, stopped together.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import readline from 'node:readline'

const START_SECONDS = 30
const STOP_SECONDS = 10

/** Running programs. Their output goes to this one's, each line with the name of its program in front. */
export class Programs {
  #running = []
  #stopping = false

  /** Called with a text when a program ends that nobody has stopped. */
  constructor (whenOneEnds) {
    this.whenOneEnds = whenOneEnds
    process.once('exit', () => { for (const { child } of this.#running) child.kill('SIGKILL') })
  }

  /** Starts a program; resolves to what `ready`, a regular expression, finds in a line of its output. */
  start (name, command, { environment = {}, ready }) {
    const child = spawn(command[0], command.slice(1), {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C is for this program, which stops the others in order.
      detached: true
    })
    const ended = once(child, 'close').catch(() => {})
    this.#running.push({ name, child, ended })
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${name} was not ready in ${START_SECONDS} s`)), START_SECONDS * 1000)
      const failed = text => {
        clearTimeout(late)
        reject(new Error(text))
        if (!this.#stopping) this.whenOneEnds(text)
      }
      for (const output of [child.stdout, child.stderr]) {
        readline.createInterface({ input: output }).on('line', line => {
          console.log(`${name.padEnd(9)} | ${line}`)
          const found = line.match(ready)
          if (found) clearTimeout(late) || resolve(found.groups ?? {})
        })
      }
      child.once('error', error => failed(`${command[0]} cannot be started: ${error.message}`))
      child.once('exit', (code, signal) => failed(`${name} ended with ${signal ?? code}`))
    })
  }

  /** Stops all of them, the last one first. */
  async stop () {
    this.#stopping = true
    for (const { child, ended } of [...this.#running].reverse()) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS * 1000)
      child.kill('SIGTERM')
      await ended
      clearTimeout(kill)
    }
  }
}
