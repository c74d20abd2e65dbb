// An OpenWhisk of one namespace: its REST API for actions and activations, with actions that really run.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import vm from 'node:vm'

/** How long a blocking call is kept waiting; OpenWhisk's own is 60 s. */
const BLOCKING_MS = 200
const STATUS = ['success', 'application error', 'action developer error']

export class OpenWhiskPeer {
  #server
  #actions = new Map()
  #activations = new Map()

  /** `<uuid>:<key>` of the namespace. */
  key = `${randomUUID()}:${'k'.repeat(64)}`
  /** What came in: `{ method, path, query, headers, body }`. */
  requests = []

  static async start () {
    const peer = new OpenWhiskPeer()
    peer.#server = http.createServer(async (request, response) => {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      const { pathname, searchParams } = new URL(request.url, 'http://peer')
      const received = {
        method: request.method,
        path: pathname,
        query: Object.fromEntries(searchParams),
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8')
      }
      peer.requests.push(received)
      const [status, body] = await peer.#answer(received)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    await once(peer.#server.listen(0, '127.0.0.1').unref(), 'listening')
    peer.url = `http://127.0.0.1:${peer.#server.address().port}`
    return peer
  }

  /** The requests that invoked actions. */
  get invocations () {
    return this.requests.filter(({ method, path }) => method === 'POST' && path.includes('/actions/'))
  }

  async #answer ({ method, path, query, headers, body }) {
    if (headers.authorization !== `Basic ${Buffer.from(this.key).toString('base64')}`) {
      return [401, { error: 'The supplied authentication is invalid', code: 'c' }]
    }
    const match = /^\/api\/v1\/namespaces\/(_|guest)\/(actions|activations|packages)(?:\/(.+))?$/.exec(path)
    const name = decodeURIComponent(match?.[3] ?? '')
    const content = body === '' ? {} : JSON.parse(body)
    switch (`${method} ${match?.[2]}`) {
      case 'PUT packages':
        return [200, { name, namespace: 'guest' }]
      case 'PUT actions':
        this.#actions.set(name, content.exec.code)
        return [200, { name, namespace: 'guest', exec: content.exec, version: '0.0.1' }]
      case 'POST actions':
        return this.#actions.has(name)
          ? this.#invoke(name, content, query)
          : [404, { error: 'The requested resource does not exist.', code: 'c' }]
      case 'GET activations':
        if (name === '') return [200, [...this.#activations.values()]]
        return this.#activations.has(name)
          ? [200, this.#activations.get(name)]
          : [404, { error: 'The requested resource does not exist.', code: 'c' }]
      default:
        return [404, { error: 'The requested resource does not exist.', code: 'c' }]
    }
  }

  async #invoke (name, parameters, { blocking, result }) {
    const activationId = randomUUID().replaceAll('-', '')
    const run = this.#run(name, parameters).then(([statusCode, value]) => {
      const response = { status: STATUS[statusCode], statusCode, success: statusCode === 0, result: value }
      const record = { activationId, namespace: 'guest', name, start: 1, end: 2, duration: 1, logs: [], response }
      this.#activations.set(activationId, record)
      return [statusCode === 0 ? 200 : 502, result === 'true' ? value : record]
    })
    const taken = [202, { activationId }]
    if (blocking !== 'true') return taken
    let timer
    const window = new Promise(resolve => { timer = setTimeout(resolve, BLOCKING_MS, taken) })
    return Promise.race([run, window]).finally(() => clearTimeout(timer))
  }

  /** Status code of the activation and its result, by the rules of OpenWhisk's own runtimes. */
  async #run (name, parameters) {
    try {
      const main = vm.runInThisContext(`(() => { ${this.#actions.get(name)}\nreturn main })()`)
      const result = (await main(parameters)) ?? {}
      return ['error' in result ? 1 : 0, result]
    } catch (error) {
      return [2, { error: `An error has occurred: ${error.message}` }]
    }
  }

  async stop () {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}
