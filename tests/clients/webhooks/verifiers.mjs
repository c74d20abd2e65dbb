// Receivers of signed calls, in both languages. `verify(secret, call)` gives the event, or the reason of a refusal:
// `{ payload }` or `{ refused }`.
import { webhooks } from '../installed.mjs'
import { PythonProgram } from '../python-program.mjs'

/** Verifies with npm `standardwebhooks`. */
export class JavaScriptVerifier {
  async verify (secret, { headers, body }) {
    try {
      return { payload: new webhooks.Webhook(secret).verify(body, headers) }
    } catch (error) {
      if (error instanceof webhooks.WebhookVerificationError) return { refused: error.message }
      throw error
    }
  }

  async stop () {}
}

/** Verifies with PyPI `standardwebhooks`; orders are carried out one after the other. */
export class PythonVerifier {
  #program = new PythonProgram(new URL('verify.py', import.meta.url))
  #orders = 0

  async verify (secret, { headers, body }) {
    const number = this.#orders++
    this.#program.write({ secret, headers, body })
    return this.#program.line((_, index) => index === number)
  }

  stop () {
    return this.#program.stop()
  }
}
