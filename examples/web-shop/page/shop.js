// The page: plain requests to the gateway. It is served by the gateway itself, or comes from another origin and is told
// where the shop is by `?shop=`; then the gateway's CORS configurations let it in.
const shop = new URLSearchParams(location.search).get('shop') ?? location.origin
const POLL_MS = 400

const element = id => document.getElementById(id)
/** The customer's, once there is one. */
let token
/** The id of the order that is shown. */
let current

async function request (method, path, body) {
  const headers = {}
  if (body) headers['Content-Type'] = 'application/json'
  // Only where it is asked for. Elsewhere the CORS configurations would not let it through, either.
  if (token && path.startsWith('/orders')) headers.Authorization = `Bearer ${token}`
  const response = await fetch(shop + path, { method, headers, body: body && JSON.stringify(body) })
  const answer = await response.json()
  // Errors of the services have `error`, those of the gateway `errors`.
  if (!response.ok) throw new Error(answer.error ?? answer.errors[0].message)
  return answer
}

/** Runs what a click asks for and shows why it failed, if it did. */
async function attempt (action) {
  element('error').textContent = ''
  try {
    await action()
  } catch (error) {
    element('error').textContent = error.message
  }
}

function money (cents) {
  return (cents / 100).toFixed(2)
}

async function showCatalogue () {
  for (const item of await request('GET', '/catalogue')) {
    // A row stays while its numbers change: a button that is replaced under the mouse cannot be clicked.
    const row = document.querySelector(`[data-sku="${item.sku}"]`) ?? addRow(item.sku)
    const [name, price, stock] = row.cells
    name.textContent = item.name
    price.textContent = money(item.price)
    stock.textContent = item.stock
  }
}

function addRow (sku) {
  const row = element('catalogue').insertRow()
  row.dataset.sku = sku
  for (let cells = 0; cells < 3; cells++) row.insertCell()
  const button = document.createElement('button')
  button.textContent = 'Buy one'
  button.onclick = () => attempt(() => buy(sku))
  row.insertCell().append(button)
  return row
}

async function showEstimate () {
  const { version, text } = await request('GET', '/delivery-estimate')
  element('estimate').textContent = `Orders are ${text}. (estimate ${version})`
}

async function buy (sku) {
  const order = await request('POST', '/orders', { sku, quantity: 1 })
  element('order').hidden = false
  element('order').querySelector('code').textContent = order.id
  current = order.id
  await showOrder(order.id)
}

/** Shows how the order stands, and what the async subscribers have recorded of it. */
async function showOrder (id) {
  const { status } = await request('GET', `/orders/${id}`)
  // Not there before the first event has arrived.
  const timeline = await request('GET', `/orders/${id}/timeline`).catch(() => [])
  if (id !== current) return
  element('status').textContent = status
  element('timeline').replaceChildren(...timeline.map(({ type, time, source }) => {
    const entry = document.createElement('li')
    const when = document.createElement('time')
    when.textContent = new Date(time).toLocaleTimeString()
    entry.append(when, `${type} from ${source}`)
    entry.dataset.type = type
    return entry
  }))
}

element('sign-in').onsubmit = event => {
  event.preventDefault()
  attempt(async () => {
    const name = new FormData(event.target).get('name')
    token = (await request('POST', '/sessions', { name })).token
    event.target.querySelector('output').textContent = `Hello, ${name}.`
  })
}

async function poll () {
  await attemptQuietly(showCatalogue)
  if (current) await attemptQuietly(() => showOrder(current))
  setTimeout(poll, POLL_MS)
}

/** The next poll comes soon: a failure of this one is not worth a word. */
async function attemptQuietly (action) {
  try {
    await action()
  } catch (error) {
    console.warn(error)
  }
}

await attempt(async () => Promise.all([showCatalogue(), showEstimate()]))
poll()
