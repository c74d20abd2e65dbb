// A hook of the point `receive`: who sends an event, from its API key. Without a known key nothing is accepted.
//
//     node tenants.mjs PORT
import { createServer } from 'node:http'

const TENANTS = new Map([['key-of-acme', 'acme'], ['key-of-bob', 'bob']])

function answer ({ event, request, config }) {
  const tenant = TENANTS.get(request.headers[config.header ?? 'X-Api-Key'])
  if (!tenant) return { error: { statusCode: 401, message: `${config.header ?? 'X-Api-Key'} is missing or not known` } }
  // An extension, which filters and functions see. What an event is known by stays.
  return { event: { ...event, tenant } }
}

createServer(async (request, response) => {
  let text = ''
  for await (const piece of request) text += piece
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(answer(JSON.parse(text))))
}).listen(Number(process.argv[2]), '127.0.0.1')
