// What stands for Google: a token server with its key set, a front end that checks ID tokens before it passes requests
// on to a function, a metadata server, and the APIs of workload identity federation.
import { createHash, createHmac, createPublicKey, createSign, createVerify, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'

export const ACCOUNT = 'caller@project.iam.gserviceaccount.com'
const ISSUER = 'https://accounts.google.com'
const AWS = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', session: 'SESSION+/=' }
const POOL = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws'
const FEDERATED = 'federated-token'

/** Environment in which the gateway is somebody to AWS. */
export const AWS_ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: AWS.id,
  AWS_SECRET_ACCESS_KEY: AWS.secret,
  AWS_SESSION_TOKEN: AWS.session,
  AWS_REGION: 'eu-west-1'
}

const base64url = value => Buffer.from(value).toString('base64url')
const fromBase64url = text => JSON.parse(Buffer.from(text, 'base64url').toString())
const seconds = () => Math.floor(Date.now() / 1000)

class Server {
  #server
  requests = []

  async listen () {
    this.#server = http.createServer(async (request, response) => {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      const received = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks) }
      this.requests.push(received)
      try {
        const { status = 200, headers = {}, body = '' } = await this.answer(received)
        response.writeHead(status, headers).end(body)
      } catch (error) {
        response.writeHead(400).end(JSON.stringify({ error: 'invalid_request', error_description: error.message }))
      }
    })
    await once(this.#server.listen(0, '127.0.0.1').unref(), 'listening')
    this.host = `127.0.0.1:${this.#server.address().port}`
    this.url = `http://${this.host}`
    return this
  }

  async stop () {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

/** Claims of a token that a key of the set signed (RS256), or an error. */
async function verified (token, jwksUrl) {
  const [head, claims, signature] = token.split('.')
  const { alg, kid } = fromBase64url(head)
  must(alg === 'RS256', 'algorithm')
  const { keys } = await (await fetch(jwksUrl)).json()
  const jwk = keys.find(key => key.kid === kid)
  must(jwk, 'key id')
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const holds = createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(key, signature, 'base64url')
  must(holds, 'signature')
  return fromBase64url(claims)
}

function must (holds, what) {
  if (!holds) throw new Error(`wrong ${what}`)
}

/** Gives ID tokens for the assertions of one service account, for signed AWS identities, and to a machine. */
export class Google extends Server {
  #account = generateKeyPairSync('rsa', { modulusLength: 2048 })
  #issuer = generateKeyPairSync('rsa', { modulusLength: 2048 })

  static start () {
    return new Google().listen()
  }

  /** The key file of the service account. */
  get keyFile () {
    return JSON.stringify({
      type: 'service_account',
      private_key_id: 'account-1',
      private_key: this.#account.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: ACCOUNT,
      token_uri: `${this.url}/token`
    })
  }

  /** The configuration file of a workload identity of AWS. */
  get configurationFile () {
    return JSON.stringify({
      type: 'external_account',
      audience: POOL,
      subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
      token_url: 'https://sts.googleapis.com/v1/token',
      service_account_impersonation_url:
        `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`,
      credential_source: {
        environment_id: 'aws1',
        regional_cred_verification_url:
          'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15'
      }
    })
  }

  /** How many tokens were asked for at a path. */
  tokenRequests (path) {
    return this.requests.filter(({ url }) => url.startsWith(path)).length
  }

  answer (request) {
    const [path, query] = request.url.split('?')
    switch (path) {
      case '/jwks/account': return this.#keys('account-1', this.#account)
      case '/jwks/issuer': return this.#keys('issuer-1', this.#issuer)
      case '/token': return this.#exchangeAssertion(request)
      case '/v1/token': return this.#exchangeIdentity(request)
      case `/v1/projects/-/serviceAccounts/${ACCOUNT}:generateIdToken`: return this.#impersonate(request)
      case '/computeMetadata/v1/instance/service-accounts/default/identity': return this.#identity(request, query)
      default: return { status: 404 }
    }
  }

  #keys (kid, { publicKey }) {
    return { body: JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }] }) }
  }

  #idToken (aud) {
    const head = base64url(JSON.stringify({ alg: 'RS256', kid: 'issuer-1', typ: 'JWT' }))
    const times = { iat: seconds(), exp: seconds() + 3600 }
    const claims = base64url(JSON.stringify({ iss: ISSUER, aud, email: ACCOUNT, sub: '1', ...times }))
    const signature = createSign('RSA-SHA256').update(`${head}.${claims}`).sign(this.#issuer.privateKey, 'base64url')
    return `${head}.${claims}.${signature}`
  }

  async #exchangeAssertion ({ body }) {
    const form = new URLSearchParams(body.toString())
    must(form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'grant type')
    const claims = await verified(form.get('assertion'), `${this.url}/jwks/account`)
    must(claims.iss === ACCOUNT, 'issuer')
    must(claims.aud === `${this.url}/token`, 'audience')
    must(claims.iat <= seconds() && claims.exp > seconds() && claims.exp - claims.iat <= 3600, 'time')
    return { body: JSON.stringify({ id_token: this.#idToken(claims.target_audience) }) }
  }

  #identity ({ headers }, query) {
    must(headers['metadata-flavor'] === 'Google', 'flavor')
    const asked = new URLSearchParams(query)
    must(asked.get('format') === 'full', 'format')
    return { headers: { 'Metadata-Flavor': 'Google' }, body: this.#idToken(asked.get('audience')) }
  }

  #exchangeIdentity ({ body }) {
    const form = new URLSearchParams(body.toString())
    must(form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:token-exchange', 'grant type')
    must(form.get('audience') === POOL, 'audience')
    checkAwsRequest(JSON.parse(decodeURIComponent(form.get('subject_token'))))
    return { body: JSON.stringify({ access_token: FEDERATED, expires_in: 3600, token_type: 'Bearer' }) }
  }

  #impersonate ({ headers, body }) {
    must(headers.authorization === `Bearer ${FEDERATED}`, 'token')
    return { body: JSON.stringify({ token: this.#idToken(JSON.parse(body).audience) }) }
  }
}

/** Fails unless AWS would tell who signed this request for `GetCallerIdentity` (Signature Version 4). */
function checkAwsRequest ({ url, method, headers }) {
  const host = 'sts.eu-west-1.amazonaws.com'
  const query = 'Action=GetCallerIdentity&Version=2011-06-15'
  must(method === 'POST' && url === `https://${host}/?${query}`, 'AWS request')
  const given = Object.fromEntries(headers.map(({ key, value }) => [key.toLowerCase(), value]))
  must(given.host === host && given['x-amz-security-token'] === AWS.session, 'AWS headers')
  must(given['x-goog-cloud-target-resource'] === POOL, 'target of the AWS request')
  const time = given['x-amz-date']
  const scope = `${time.slice(0, 8)}/eu-west-1/sts/aws4_request`
  const names = ['host', 'x-amz-date', 'x-amz-security-token', 'x-goog-cloud-target-resource']
  const hash = text => createHash('sha256').update(text).digest('hex')
  const signed = names.map(name => `${name}:${given[name]}\n`).join('')
  const canonical = `POST\n/\n${query}\n${signed}\n${names.join(';')}\n${hash('')}`
  const hmac = (key, text) => createHmac('sha256', key).update(text).digest()
  const key = scope.split('/').reduce(hmac, `AWS4${AWS.secret}`)
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash(canonical)}`).toString('hex')
  const want = `AWS4-HMAC-SHA256 Credential=${AWS.id}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  must(given.authorization === want, 'AWS signature')
}

/** Passes requests with an ID token for its own URL on to a function, as Google's front end does. */
export class FrontEnd extends Server {
  #google
  #behind

  static start (google, behind) {
    const frontEnd = new FrontEnd()
    frontEnd.#google = google
    frontEnd.#behind = behind
    return frontEnd.listen()
  }

  async answer (request) {
    try {
      const [scheme, token] = (request.headers.authorization ?? '').split(' ')
      must(scheme === 'Bearer', 'scheme')
      const claims = await verified(token, `${this.#google.url}/jwks/issuer`)
      must(claims.iss === ISSUER && claims.email === ACCOUNT, 'identity')
      must(claims.aud === `${this.url}/`, 'audience')
      must(claims.exp > seconds(), 'time')
    } catch (error) {
      return { status: 401, headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' }, body: error.message }
    }
    const headers = { ...request.headers }
    for (const name of ['host', 'connection', 'content-length', 'accept-encoding']) delete headers[name]
    const answer = await fetch(this.#behind, { method: 'POST', headers, body: request.body })
    const type = answer.headers.get('content-type')
    return {
      status: answer.status,
      headers: type === null ? {} : { 'Content-Type': type },
      body: Buffer.from(await answer.arrayBuffer())
    }
  }
}
