// CORS configurations through the JavaScript SDK, and what a browser then gets from the Events API.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { LocalGateway } from '../local-gateway.mjs'

const DEFAULTS = {
  allowedOrigins: ['*'],
  allowedMethods: ['HEAD', 'GET', 'POST'],
  allowedHeaders: ['Origin', 'Accept', 'Content-Type'],
  allowCredentials: false
}

describe('CORS configurations', () => {
  let gateway
  before(async () => { gateway = await LocalGateway.start() })
  after(() => gateway.stop())

  /** What a preflight request for GET from `origin` is allowed. */
  async function preflight (path, origin) {
    const headers = { origin, 'access-control-request-method': 'GET' }
    const response = await fetch(gateway.eventsUrl + path, { method: 'OPTIONS', headers })
    return [response.status, response.headers.get('access-control-allow-origin')]
  }

  it('createCORS fills in the defaults and works at once', async () => {
    const client = gateway.client()
    const { space } = client.config
    assert.deepEqual(await client.createCORS({ method: 'GET', path: `/${space}/hello` }), {
      space, corsId: `GET%2F${space}%2Fhello`, method: 'GET', path: `/${space}/hello`, ...DEFAULTS
    })
    assert.deepEqual(await preflight(`/${space}/hello`, 'http://shop.example'), [200, '*'])
    assert.deepEqual(await preflight(`/${space}/other`, 'http://shop.example'), [202, null])
  })

  it('createCORS fails for a duplicate and an unknown method', async () => {
    const client = gateway.client()
    const { space } = client.config
    const cors = { method: 'GET', path: `/${space}/hello` }
    await client.createCORS(cors)
    await assert.rejects(client.createCORS(cors), {
      message: 'Failed to create CORS configuration due the error: ' +
        `CORS configuration "GET%2F${space}%2Fhello" already exists.`
    })
    await assert.rejects(client.createCORS({ ...cors, method: 'TRACE' }), {
      message: "Failed to create CORS configuration due the error: CORS configuration doesn't validate. " +
        "Validation error: Key: 'CORS.Method' Error:Field validation for 'Method' failed on the " +
        "'eq=GET|eq=POST|eq=DELETE|eq=PUT|eq=PATCH|eq=HEAD|eq=OPTIONS' tag"
    })
  })

  it('updateCORS replaces what is allowed, also for requests', async () => {
    const client = gateway.client()
    const { space } = client.config
    const stored = await client.createCORS({ method: 'GET', path: `/${space}/hello`, metadata: { stage: 'dev' } })
    const allowed = { allowedOrigins: ['http://shop.example'], allowedMethods: ['GET'], allowedHeaders: ['X-Key'] }
    const changed = { ...stored, ...allowed, allowCredentials: true }
    assert.deepEqual(await client.updateCORS(changed), changed)
    assert.deepEqual(await preflight(`/${space}/hello`, 'http://shop.example'), [200, 'http://shop.example'])
    assert.deepEqual(await preflight(`/${space}/hello`, 'http://blog.example'), [200, null])
    const { corsId, method, path } = stored
    assert.deepEqual(await client.updateCORS({ corsId, method, path }), { space, corsId, method, path, ...DEFAULTS })
  })

  it('updateCORS fails for an unknown id and for another path', async () => {
    const client = gateway.client()
    const { space } = client.config
    const corsId = `GET%2F${space}%2Fhello`
    const cors = { corsId, method: 'GET', path: `/${space}/hello` }
    await assert.rejects(client.updateCORS(cors), {
      message: `Failed to update ${corsId} CORS configuration due the error: CORS configuration "${corsId}" not found.`
    })
    await client.createCORS(cors)
    await assert.rejects(client.updateCORS({ ...cors, path: '/elsewhere' }), {
      message: `Failed to update ${corsId} CORS configuration due the error: ` +
        "Invalid update. 'Path' of existing CORS configuration cannot be updated."
    })
  })

  it('deleteCORS removes it once', async () => {
    const client = gateway.client()
    const { space } = client.config
    const { corsId } = await client.createCORS({ method: 'GET', path: `/${space}/hello` })
    assert.equal(await client.deleteCORS({ corsId }), undefined)
    assert.deepEqual(await client.listCORS(), [])
    assert.deepEqual(await preflight(`/${space}/hello`, 'http://shop.example'), [202, null])
    await assert.rejects(client.deleteCORS({ corsId }), {
      message: `Failed to delete ${corsId} CORS configuration due the error: CORS configuration "${corsId}" not found.`
    })
  })

  it('listCORS filters by metadata', async () => {
    const client = gateway.client()
    const { space } = client.config
    await client.createCORS({ method: 'GET', path: `/${space}/a`, metadata: { service: 'shop', stage: 'dev' } })
    await client.createCORS({ method: 'GET', path: `/${space}/b`, metadata: { service: 'shop', stage: 'prod' } })
    await client.createCORS({ method: 'POST', path: `/${space}/a` })
    const ids = async filters => (await client.listCORS(filters)).map(cors => cors.corsId).sort()
    assert.deepEqual(await ids(), [`GET%2F${space}%2Fa`, `GET%2F${space}%2Fb`, `POST%2F${space}%2Fa`])
    assert.deepEqual(await ids({ 'metadata.service': 'shop', 'metadata.stage': 'dev' }), [`GET%2F${space}%2Fa`])
  })
})
