// A stand-in for the Serverless Framework and its AWS provider: as much of them as the plugin touches.
import assert from 'node:assert/strict'

import { EventGatewayPlugin } from '../installed.mjs'

const REGION = 'us-east-1'
const STAGE = 'dev'
/** What CloudFormation would give for the access key that the plugin asks for. */
const KEY = { id: 'stack-key-id', secret: 'stack-key-secret' }

/** Lifecycle events of `serverless deploy` that the plugin hooks into, in the framework's order. */
const DEPLOY = ['package:initialize', 'package:compileEvents', 'before:deploy:finalize']

/** One `serverless.yml`, run against a gateway; every command gets a plugin of its own, as every process would. */
export class Serverless {
  /** Lines printed by the last command. */
  lines = []
  /** Arguments of the framework's help printer. */
  help = []
  #deployments = 0

  constructor ({ gateway, space, service = 'shop', keys = KEY }) {
    this.gateway = { url: gateway.eventsUrl, configurationUrl: gateway.configUrl, space }
    this.name = service
    this.keys = keys
  }

  /** Name of a deployed function. */
  functionName (key) {
    return `${this.name}-${STAGE}-${key}`
  }

  /** ARN without version under which the plugin registers a Lambda function. */
  arn (key) {
    return `arn:aws:lambda:${REGION}:123456789012:function:${this.functionName(key)}`
  }

  /** Provider of an AWS function as the plugin registers it. */
  provider (target) {
    return { ...target, region: REGION, awsAccessKeyId: this.keys.id, awsSecretAccessKey: this.keys.secret }
  }

  /** Runs `serverless deploy`; returns the CloudFormation template. */
  async deploy (definition) {
    this.#deployments++
    return this.#run(DEPLOY, definition)
  }

  /** Runs `serverless remove`. */
  async remove (definition) {
    await this.#run(['remove:remove'], definition)
  }

  /** Runs `serverless gateway …`; the plugin leaves these commands before their output is there. */
  async command (hook, options) {
    await this.#run([hook], {}, options)
  }

  async #run (hooks, { functions = {}, eventTypes, resources = {} }, options = {}) {
    this.lines = []
    const template = { Resources: {}, Outputs: {} }
    const service = {
      service: this.name,
      custom: { eventgateway: this.gateway, eventTypes },
      // As if read from YAML anew: the plugin writes into what it is given.
      functions: JSON.parse(JSON.stringify(functions)),
      resources: { Resources: resources },
      provider: { compiledCloudFormationTemplate: template }
    }
    for (const [key, definition] of Object.entries(service.functions)) {
      definition.name ??= this.functionName(key)
      if (definition.type) continue
      template.Outputs[qualifiedArnOutput(key)] = { Value: `${this.arn(key)}:${this.#deployments}` }
    }
    const serverless = {
      service,
      utils: { getLocalAccessKey: () => undefined },
      cli: {
        consoleLog: line => this.lines.push(line),
        generateCommandsHelp: commands => this.help.push(commands)
      },
      getProvider: name => {
        assert.equal(name, 'aws')
        return this.#awsProvider(template)
      }
    }
    const plugin = new EventGatewayPlugin(serverless, options)
    for (const hook of hooks) await plugin.hooks[hook]()
    return template
  }

  #awsProvider (template) {
    const stack = `${this.name}-${STAGE}`
    return {
      getStage: () => STAGE,
      getRegion: () => REGION,
      getCredentials: () => ({ region: REGION }),
      naming: {
        getStackName: () => stack,
        getLambdaLogicalId: key => `${normalized(key)}LambdaFunction`,
        getLambdaVersionOutputLogicalId: qualifiedArnOutput
      },
      request: async (...call) => {
        assert.deepEqual(call, ['CloudFormation', 'describeStacks', { StackName: stack }, STAGE, REGION])
        const outputs = Object.entries(template.Outputs).map(([key, { Value }]) => {
          return { OutputKey: key, OutputValue: this.#resolve(Value) }
        })
        return { Stacks: [{ Outputs: outputs }] }
      }
    }
  }

  /** What CloudFormation would put in place of a reference; other resources are called by their logical ids. */
  #resolve (value) {
    if (typeof value === 'string') return value
    if (value.Ref === 'EventGatewayUserKeys') return this.keys.id
    if (value['Fn::GetAtt']?.join('.') === 'EventGatewayUserKeys.SecretAccessKey') return this.keys.secret
    assert.ok(value.Ref, `cannot resolve ${JSON.stringify(value)}`)
    return value.Ref
  }
}

function normalized (key) {
  return key[0].toUpperCase() + key.slice(1).replaceAll('-', 'Dash').replaceAll('_', 'Underscore')
}

function qualifiedArnOutput (key) {
  return `${normalized(key)}LambdaFunctionQualifiedArn`
}
