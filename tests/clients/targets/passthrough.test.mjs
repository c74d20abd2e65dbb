// Services that know nothing of the gateway, behind functions with request passthrough: npm json-server as it is, and a
// WebSocket server of npm ws.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { after, before, describe, it } from 'node:test'

import { WebSocket, WebSocketServer, jsonServer } from '../installed.mjs'
import { LocalGateway } from '../local-gateway.mjs'

const POSTS = [{ id: 1, title: 'first', author: 'Zoë' }, { id: 2, title: 'second', author: 'Ada' }]

async function listening (server) {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${server.address().port}`
}

describe('services that know nothing of events', () => {
  let gateway
  const servers = []
  before(async () => { gateway = await LocalGateway.start() })
  after(async () => {
    await gateway.stop()
    for (const server of servers) {
      server.closeAllConnections()
      server.close()
    }
  })

  /** Puts a server behind a path of its own, for these methods; returns the URL at the gateway. */
  async function front (server, methods) {
    servers.push(server)
    const url = await listening(server)
    const client = gateway.client()
    const path = `/${client.config.space}`
    await client.createFunction({ functionId: 'service', type: 'http', provider: { url, request: 'passthrough' } })
    await client.createEventType({ name: 'http.request' })
    for (const method of methods) {
      await client.subscribe({
        type: 'sync', eventType: 'http.request', functionId: 'service', method, path: `${path}/*rest`
      })
    }
    return gateway.eventsUrl + path
  }

  it('json-server answers through the gateway as it does by itself', async () => {
    const app = jsonServer.create()
    app.use(jsonServer.defaults({ logger: false }))
    app.use(jsonServer.router({ posts: structuredClone(POSTS) }))
    const url = await front(http.createServer(app), ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
    const call = async (method, path, body) => {
      const headers = body && { 'Content-Type': 'application/json' }
      const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) })
      return { status: response.status, body: await response.json(), headers: response.headers }
    }
    assert.deepEqual((await call('GET', '/posts')).body, POSTS)
    assert.deepEqual((await call('GET', '/posts?author=Zo%C3%AB')).body, [POSTS[0]])
    const page = await call('GET', '/posts?_page=1&_limit=1')
    assert.equal(page.headers.get('x-total-count'), '2')
    // It makes its links of what the client asked for, which it knows from the headers of the proxy.
    assert.ok(page.headers.get('link').includes('_page=2'), page.headers.get('link'))
    const created = await call('POST', '/posts', { title: 'third' })
    assert.deepEqual([created.status, created.body], [201, { title: 'third', id: 3 }])
    assert.deepEqual((await call('PATCH', '/posts/3', { title: '3' })).body, { title: '3', id: 3 })
    assert.deepEqual((await call('PUT', '/posts/3', { author: 'Bo' })).body, { author: 'Bo', id: 3 })
    assert.equal((await call('DELETE', '/posts/3')).status, 200)
    assert.equal((await call('GET', '/posts/3')).status, 404)
  })

  it('caches see what the service says of its answers', async () => {
    const app = jsonServer.create()
    app.use(jsonServer.router({ posts: structuredClone(POSTS) }))
    const url = await front(http.createServer(app), ['GET'])
    const etag = (await fetch(`${url}/posts`)).headers.get('etag')
    assert.ok(etag)
    // Not by fetch, which asks for what no cache has when it is given such a header.
    const [again] = await once(http.get(`${url}/posts`, { agent: false, headers: { 'If-None-Match': etag } }), 'response')
    again.resume()
    assert.equal(again.statusCode, 304)
  })

  it('WebSocket messages go both ways', async () => {
    const server = http.createServer()
    const sockets = new WebSocketServer({ server })
    sockets.on('connection', (socket, request) => {
      socket.send(`${request.url} ${request.headers['x-forwarded-proto']}`)
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
    })
    const url = await front(server, ['GET'])
    const socket = new WebSocket(`${url.replace('http', 'ws')}/chat?room=1`, ['chat'])
    const received = []
    socket.on('message', data => received.push(data))
    const messages = async count => { while (received.length < count) await once(socket, 'message') }
    await once(socket, 'open')
    await messages(1)
    assert.equal(String(received[0]), '/chat?room=1 http')
    assert.equal(socket.protocol, 'chat')
    const large = Buffer.alloc(1_000_000, 'x')
    socket.send('hällo')
    socket.send(large)
    await messages(3)
    assert.equal(String(received[1]), 'hällo')
    assert.ok(large.equals(received[2]))
    socket.close(4001, 'bye')
    const [code, reason] = await once(socket, 'close')
    assert.deepEqual([code, String(reason)], [4001, 'bye'])
  })
})
