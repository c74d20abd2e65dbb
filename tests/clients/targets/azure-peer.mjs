// An Azure of one tenant: the token endpoint of Entra, two topics of Event Grid, and the host of a function.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'

const TOKEN_SECONDS = 3599
const CONTENT_TYPES = {
  '/eventgrid': /^application\/json$/,
  '/cloudevents': /^application\/cloudevents-batch\+json; charset=utf-8$/
}

export class AzurePeer {
  #server
  #tokens = new Map()

  tenantId = randomUUID()
  clientId = randomUUID()
  clientSecret = randomUUID()
  /** Access key of the topics and key of the function. */
  key = randomUUID()
  functionScope = 'api://function/.default'
  tokenRequests = 0
  /** Bodies that the topics and the function took, with their headers. */
  taken = []
  /** What was refused, and why. */
  refused = []

  static async start () {
    const peer = new AzurePeer()
    peer.#server = http.createServer(async (request, response) => {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      const body = Buffer.concat(chunks).toString('utf8')
      const { status, answer = '' } = peer.#answer(request, body)
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer)
    })
    await once(peer.#server.listen(0, '127.0.0.1').unref(), 'listening')
    peer.url = `http://127.0.0.1:${peer.#server.address().port}`
    return peer
  }

  /** The member `entra` of a provider. */
  entra (scope) {
    const { tenantId, clientId, clientSecret, url: authority } = this
    return { tenantId, clientId, clientSecret, authority, ...(scope && { scope }) }
  }

  #answer (request, body) {
    const { pathname, searchParams } = new URL(request.url, this.url)
    if (pathname === `/${this.tenantId}/oauth2/v2.0/token`) return this.#token(body)
    const isTopic = pathname in CONTENT_TYPES
    const scope = isTopic ? 'https://eventgrid.azure.net/.default' : this.functionScope
    const { authorization = '', [isTopic ? 'aeg-sas-key' : 'x-functions-key']: key } = request.headers
    const token = this.#tokens.get(authorization.replace(/^Bearer /, ''))
    const hasToken = token?.scope === scope && token.end > Date.now()
    if (key !== this.key && !hasToken) return { status: 401 }
    try {
      if (isTopic) {
        assert.equal(searchParams.get('api-version'), '2018-01-01')
        assert.match(request.headers['content-type'], CONTENT_TYPES[pathname])
        assert.ok(Array.isArray(JSON.parse(body)))
      }
    } catch (error) {
      this.refused.push(error.message)
      return { status: 400, answer: error.message }
    }
    this.taken.push({ path: pathname, headers: request.headers, body })
    return { status: 200, answer: isTopic ? '' : JSON.stringify({ statusCode: 200, body: 'done' }) }
  }

  #token (body) {
    this.tokenRequests++
    const form = Object.fromEntries(new URLSearchParams(body))
    const { scope, ...rest } = form
    try {
      const { clientId, clientSecret } = this
      const wanted = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
      assert.deepEqual(rest, wanted)
    } catch {
      return { status: 401, answer: JSON.stringify({ error: 'invalid_client' }) }
    }
    const token = randomUUID()
    this.#tokens.set(token, { scope, end: Date.now() + TOKEN_SECONDS * 1000 })
    const answer = { token_type: 'Bearer', expires_in: TOKEN_SECONDS, access_token: token }
    return { status: 200, answer: JSON.stringify(answer) }
  }

  async stop () {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}
