// The body of an `http.request` as the sender signed it. The event has a JSON body as a part of its own JSON, character by
// character. JSON.parse would lose how it was written, so the text of the member is cut out.
const JSON_TYPE = /[/+]json\b/i
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s"{}[\]:,]+/g

/** The text of a member of a JSON object, as it is written there. */
function textOfMember (object, name) {
  let depth = 0
  let begin
  for (const { 0: token, index } of object.matchAll(TOKEN)) {
    if (begin !== undefined && depth === 1 && (token === ',' || token === '}')) return object.slice(begin, index).trim()
    if (token === '{' || token === '[') depth++
    if (token === '}' || token === ']') depth--
    const after = index + token.length
    if (depth === 1 && token[0] === '"' && begin === undefined && isName(object, after) && JSON.parse(token) === name) {
      begin = object.indexOf(':', after) + 1
    }
  }
  return undefined
}

function isName (object, after) {
  return /^\s*:/.test(object.slice(after, after + 8))
}

/** The bytes of the body. Blanks around a JSON body are not in the event any more; hardly anybody signs such. */
export function bodyAsSent (eventText) {
  const request = textOfMember(eventText, 'data')
  const { body, isBase64Encoded, headers } = JSON.parse(request)
  if (isBase64Encoded) return Buffer.from(body, 'base64')
  // Forms and empty bodies are texts of the event.
  if (typeof body === 'string' && !(body && JSON_TYPE.test(headers['Content-Type']))) return Buffer.from(body)
  return Buffer.from(textOfMember(request, 'body'))
}
