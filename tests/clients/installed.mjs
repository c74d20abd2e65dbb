// The published clients, from where `./test` installs them: the tests themselves stay free of node_modules.
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))
const folder = path.resolve(here, process.env.EVENT_GATEWAY_CLIENTS ?? '../../target/clients')
const require = createRequire(path.join(folder, 'npm', 'package.json'))

/** Client of the Events and Configuration APIs. */
export const EventGateway = require('@serverless/event-gateway-sdk')
/** The same client when version 0.6 of the gateway was current. */
export const LegacyEventGateway = require('event-gateway-sdk-0.3')
/** Plugin of the Serverless Framework; brings its own, older copy of the client. */
export const EventGatewayPlugin = require('@serverless/serverless-event-gateway-plugin')
/** The folder that programs of users import these clients from, and the framework its plugins. */
export const nodeModules = path.join(folder, 'npm', 'node_modules')
/** The program of the Serverless Framework: the last of its first major version, which the plugin was written for. */
export const serverlessFramework = path.join(nodeModules, 'serverless', 'bin', 'serverless.js')
/** The CloudEvents SDK for JavaScript. */
export const cloudevents = require('cloudevents')
/** PyPI `cloudevents` as it was when its tests were part of it. */
export const cloudeventsTests = path.join(folder, 'cloudevents-tests')
/** The Standard Webhooks library for JavaScript. */
export const webhooks = require('standardwebhooks')
/** Client of OpenWhisk. */
export const openwhisk = require('openwhisk')
/** Client of Azure Event Grid. */
export const eventgrid = require('@azure/eventgrid')
/** A REST service that is made of JSON, and knows nothing of the gateway. */
export const jsonServer = require('json-server')
/** WebSocket, of a server and of a client. */
export const { WebSocket, WebSocketServer } = require('ws')
/** Google's functions-framework for JavaScript: how functions are written, and how they are served. */
export const functionsFramework = {
  functions: require('@google-cloud/functions-framework'),
  testing: require('@google-cloud/functions-framework/testing')
}
/** An interpreter that has the CloudEvents SDK, the Standard Webhooks library and functions-framework for Python. */
export const python = path.join(folder, 'venv', 'bin', 'python')
/** Reads AsyncAPI documents, and says what is wrong with them. */
export const asyncapi = require('@asyncapi/parser')
/** Sends what an OpenAPI document allows, and what it does not. */
export const schemathesis = path.join(folder, 'venv', 'bin', 'schemathesis')
/** The program under test. */
export const binary = path.resolve(here, process.env.EVENT_GATEWAY_BIN ?? '../../target/release/event-gateway')
