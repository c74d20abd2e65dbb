// Connections belong to a separate connector product, not to the gateway: the SDK's four methods for them are
// driven against a stand-in for it, beside a gateway that must not notice.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { after, before, describe, it } from 'node:test'

import { LocalGateway } from '../local-gateway.mjs'

const CONNECTION = { connectionId: 'orders', target: 'http://localhost/events', eventType: 'order.placed' }

describe('connections', () => {
  let gateway, connector, client
  before(async () => {
    gateway = await LocalGateway.start()
    connector = http.createServer(connectorStub())
    await once(connector.listen(0, '127.0.0.1').unref(), 'listening')
    client = gateway.client({ connectorUrl: `127.0.0.1:${connector.address().port}` })
  })
  after(async () => {
    connector.close()
    await gateway.stop()
  })

  it('createConnection, updateConnection, listConnections and deleteConnection reach the connector', async () => {
    const { space } = client.config
    assert.deepEqual(await client.createConnection(CONNECTION), { space, ...CONNECTION })
    const changed = { ...CONNECTION, eventType: 'order.paid' }
    assert.deepEqual(await client.updateConnection(changed), { space, ...changed })
    assert.deepEqual(await client.listConnections(), [{ space, ...changed }])
    assert.equal(await client.deleteConnection(CONNECTION), undefined)
    assert.deepEqual(await client.listConnections(), [])
    await assert.rejects(client.deleteConnection(CONNECTION), {
      message: 'Failed to delete the connection orders due the error: Connection "orders" not found.'
    })
  })

  it('the gateway itself has no connections', async () => {
    const misdirected = gateway.client({ connectorUrl: gateway.configUrl })
    for (const [call, failure] of [
      [() => misdirected.createConnection(CONNECTION), 'Failed to create the connection'],
      [() => misdirected.updateConnection(CONNECTION), 'Failed to update the connection orders'],
      [() => misdirected.listConnections(), 'Failed to fetch the connection list']
    ]) {
      await assert.rejects(call, { message: `${failure} and couldn't parse error body.` })
    }
  })
})

/** The least of a connector: one store for all spaces, in memory. */
function connectorStub () {
  const stored = new Map()
  return async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const body = chunks.length ? JSON.parse(Buffer.concat(chunks)) : {}
    const { pathname } = new URL(request.url, 'http://connector')
    const [, space, id] = pathname.match(/^\/v1\/spaces\/([^/]+)\/connections\/?(.*)$/)
    const answer = (status, json) => response.writeHead(status).end(json && JSON.stringify(json))
    switch (request.method) {
      case 'GET': return answer(200, { connections: [...stored.values()] })
      case 'POST':
      case 'PUT':
        stored.set(body.connectionId, { space, ...body })
        return answer(request.method === 'POST' ? 201 : 200, stored.get(body.connectionId))
      default:
        return stored.delete(id)
          ? answer(204)
          : answer(404, { errors: [{ message: `Connection "${id}" not found.` }] })
    }
  }
}
