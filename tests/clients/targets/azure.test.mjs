// Functions of the types azurefunction and azureeventgrid. What is published and delivered is read with the Azure SDK,
// and the peer takes what the SDK publishes as it takes what the gateway does.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { eventgrid } from '../installed.mjs'
import { LocalGateway } from '../local-gateway.mjs'
import { until } from '../until.mjs'
import { AzurePeer } from './azure-peer.mjs'

const EVENT = {
  eventType: 'user.created',
  cloudEventsVersion: '0.1',
  source: '/services/users',
  eventID: '1',
  eventTime: '2018-08-18T10:00:00.5Z',
  extensions: { traceId: 'abc' },
  contentType: 'application/json',
  data: { name: 'Zoë', list: [1, 2.5, null, true] }
}
const LATER = {
  specversion: '1.0',
  type: 'user.created',
  source: '/services/users',
  id: '2',
  subject: 'users/2',
  datacontenttype: 'application/octet-stream',
  data_base64: 'AAEC'
}

describe('functions of Azure', () => {
  let gateway, peer
  const deserializer = new eventgrid.EventGridDeserializer()
  before(async () => {
    gateway = await LocalGateway.start()
    peer = await AzurePeer.start()
  })
  after(async () => {
    await gateway.stop()
    await peer.stop()
  })

  /** A subscribed function and the means to send events to it; `body` is what the peer took of one. */
  async function subscribed (type, provider, mode = 'async') {
    const client = gateway.client()
    const { space } = client.config
    await client.createFunction({ functionId: 'azure', type, provider })
    await client.createEventType({ name: EVENT.eventType })
    await client.subscribe({ type: mode, eventType: EVENT.eventType, functionId: 'azure', path: `/${space}` })
    const emit = event => fetch(`${gateway.eventsUrl}/${space}`, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify(event)
    })
    return {
      emit,
      taken: async event => {
        const before = peer.taken.length
        assert.equal((await emit(event)).status, mode === 'async' ? 202 : 200)
        const taken = await until('Azure takes the event', () => peer.taken[before])
        assert.deepEqual(peer.refused, [])
        return taken
      }
    }
  }

  it('a topic of CloudEvents gets what the SDK reads', async () => {
    const provider = { endpoint: `${peer.url}/cloudevents`, accessKey: peer.key }
    const { taken } = await subscribed('azureeventgrid', provider)
    const [event] = await deserializer.deserializeCloudEvents((await taken(EVENT)).body)
    const { extensionAttributes, time, ...attributes } = event
    assert.deepEqual(attributes, {
      specversion: '1.0',
      type: EVENT.eventType,
      source: EVENT.source,
      id: EVENT.eventID,
      datacontenttype: EVENT.contentType,
      data: EVENT.data
    })
    assert.deepEqual(time, new Date(EVENT.eventTime))
    assert.equal(extensionAttributes.traceid, 'abc')
    assert.equal(extensionAttributes.eventgatewayattempt, 1)
    const [later] = await deserializer.deserializeCloudEvents((await taken(LATER)).body)
    assert.deepEqual([later.id, later.subject, ...later.data], ['2', 'users/2', 0, 1, 2])
  })

  it('a topic of Event Grid gets what the SDK publishes', async () => {
    const provider = { endpoint: `${peer.url}/eventgrid`, schema: 'eventgrid', entra: peer.entra() }
    const { taken } = await subscribed('azureeventgrid', provider)
    const published = await taken(EVENT)
    const before = peer.taken.length
    const publisher = new eventgrid.EventGridPublisherClient(
      `${peer.url}/eventgrid`, 'EventGrid', new eventgrid.AzureKeyCredential(peer.key), { allowInsecureConnection: true }
    )
    await publisher.send([{
      id: EVENT.eventID,
      subject: EVENT.source,
      eventType: EVENT.eventType,
      eventTime: new Date(EVENT.eventTime),
      data: EVENT.data,
      dataVersion: '1.0'
    }])
    const bySdk = peer.taken[before]
    const read = ({ body }) => JSON.parse(body).map(event => ({ ...event, eventTime: new Date(event.eventTime) }))
    assert.deepEqual(read(published), read(bySdk))
    assert.equal(published.headers['content-type'], bySdk.headers['content-type'])
  })

  it('a function gets what Event Grid would deliver', async () => {
    const provider = { url: `${peer.url}/api/f`, functionKey: peer.key, schema: 'eventgrid' }
    const { taken } = await subscribed('azurefunction', provider, 'sync')
    for (const [sent, subject] of [[EVENT, EVENT.source], [LATER, LATER.subject]]) {
      const { headers, body } = await taken(sent)
      assert.equal(headers['aeg-event-type'], 'Notification')
      const [event] = await deserializer.deserializeEventGridEvents(body)
      const { id, topic, eventType } = event
      // The SDK takes every payload for an object, also the text that stands for binary data.
      const [{ data }] = JSON.parse(body)
      assert.deepEqual(
        { id, topic, subject: event.subject, eventType, data },
        {
          id: sent.eventID ?? sent.id,
          topic: sent.source,
          subject,
          eventType: 'user.created',
          data: sent.data ?? sent.data_base64
        }
      )
      assert.ok(event.eventTime instanceof Date)
    }
  })

  it('one token of Entra serves all calls of a function', async () => {
    const provider = { url: `${peer.url}/api/f`, entra: peer.entra(peer.functionScope) }
    const { emit } = await subscribed('azurefunction', provider, 'sync')
    const before = peer.tokenRequests
    const answers = await Promise.all(Array.from({ length: 100 }, () => emit(EVENT)))
    for (const answer of answers) assert.deepEqual([answer.status, await answer.text()], [200, 'done'])
    assert.equal(peer.tokenRequests - before, 1)
  })

  it('a wrong key is told to nobody', async () => {
    const provider = { url: `${peer.url}/api/f`, functionKey: 'wrong' }
    const answer = await (await subscribed('azurefunction', provider, 'sync')).emit(EVENT)
    assert.equal(answer.status, 500)
    assert.match(await answer.text(), /Function call failed. Please check logs./)
  })
})
