// Makes the configuration of a gateway what a file says: creates, replaces and deletes through the Configuration API. Needs
// nothing but fetch, and works with any gateway by itself: node apply.mjs http://localhost:4001 FILE, with values for the
// file's `${NAME}` in the environment, and in EVENT_GATEWAY_ACCESS_KEY the access key if there is one.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

// What is referred to comes before what refers to it: authorizers are functions, subscriptions name both. Ids go into URLs as
// they are: those of CORS configurations are percent-encoded already.
const KINDS = [
  { list: 'functions', key: item => item.functionId, id: item => item.functionId },
  { list: 'eventTypes', key: item => item.name, id: item => item.name },
  { list: 'subscriptions', key: subscriptionKey, id: item => item.subscriptionId },
  { list: 'cors', key: item => `${item.method} ${item.path}`, id: item => item.corsId }
]

// The members of a subscription that cannot be changed; with another of them it is another one.
function subscriptionKey ({ type, eventType, functionId, method = 'POST', path = '/' }) {
  return [type, eventType, functionId, method, path].join(' ')
}

/** Reads a file of the form of `gateway.json`; `${NAME}` stands for a value of `values`. */
export async function readConfiguration (file, values) {
  const text = await readFile(file, 'utf8')
  const filled = text.replace(/\$\{(\w+)\}/g, (_, name) => {
    if (values[name] === undefined) throw new Error(`${file}: there is no value for \${${name}}`)
    return values[name]
  })
  try {
    return JSON.parse(filled)
  } catch (error) {
    throw new Error(`${file} is no JSON: ${error.message}`)
  }
}

/**
 * Applies a configuration and calls `report` with a line for each change. Spaces that it does not name stay as they are. It
 * ends at the first thing that the gateway refuses; what was changed until then stays changed.
 */
export async function apply (configUrl, configuration, report) {
  for (const [space, wanted] of Object.entries(configuration)) {
    const unknown = Object.keys(wanted).find(list => !KINDS.some(kind => kind.list === list))
    if (unknown) throw new Error(`space ${space}: ${unknown} is none of ${KINDS.map(kind => kind.list).join(', ')}`)
    const base = `${configUrl}/v1/spaces/${space}`
    const stored = {}
    for (const { list } of KINDS) stored[list] = (await call('GET', `${base}/${list.toLowerCase()}`))[list]

    const remove = async ({ list, key, id }) => {
      const kept = new Set((wanted[list] ?? []).map(key))
      for (const item of stored[list].filter(item => !kept.has(key(item)))) {
        await call('DELETE', `${base}/${list.toLowerCase()}/${id(item)}`)
        report(`${space}: ${list} - ${key(item)}`)
      }
    }
    const write = async ({ list, key, id }) => {
      for (const item of wanted[list] ?? []) {
        const before = stored[list].find(other => key(other) === key(item))
        const place = `${base}/${list.toLowerCase()}` + (before ? `/${id(before)}` : '')
        const after = await call(before ? 'PUT' : 'POST', `${place}?fieldValidation=strict`, item)
        if (JSON.stringify(before) !== JSON.stringify(after)) report(`${space}: ${list} ${before ? '~' : '+'} ${key(item)}`)
      }
    }
    const [functions, eventTypes, subscriptions, cors] = KINDS
    await write(functions)
    await write(eventTypes)
    for (const kind of [subscriptions, cors]) {
      // Paths that are given up make room for new ones.
      await remove(kind)
      await write(kind)
    }
    await remove(eventTypes)
    await remove(functions)
  }
}

async function call (method, url, body) {
  const headers = { 'Content-Type': 'application/json', 'X-Event-Gateway-Error-Details': 'true' }
  const key = process.env.EVENT_GATEWAY_ACCESS_KEY
  if (key) headers.Authorization = `bearer ${key}`
  const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) })
  const text = await response.text()
  if (response.ok) return text ? JSON.parse(text) : undefined
  const { message, hint } = JSON.parse(text).errors[0]
  const what = body ? `${JSON.stringify(body)}\n  ` : ''
  throw new Error(`${method} ${url}\n  ${what}${response.status} ${message}${hint ? `\n  ${hint}` : ''}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [configUrl, file] = process.argv.slice(2)
  try {
    if (!configUrl || !file) throw new Error('usage: node apply.mjs CONFIGURATION_API FILE')
    await apply(configUrl.replace(/\/$/, ''), await readConfiguration(file, process.env), change => console.log(change))
  } catch (error) {
    console.error(error.cause ? `${error.message}: ${error.cause.message}` : error.message)
    process.exit(1)
  }
}
