// A plugin of the framework that makes it deploy into the local AWS, and find names below localhost.
const dns = require('dns')

module.exports = class LocalAws {
  constructor (serverless) {
    const { sdk } = serverless.getProvider('aws')
    sdk.config.update({ endpoint: process.env.AWS_ENDPOINT_URL, s3ForcePathStyle: true })
    this.hooks = {
      // The local AWS makes no access keys, and takes any.
      'after:package:compileEvents': () => {
        const { Resources, Outputs } = serverless.service.provider.compiledCloudFormationTemplate
        delete Resources.EventGatewayUserKeys
        Outputs.EventGatewayUserAccessKey.Value = 'test'
        Outputs.EventGatewayUserSecretKey.Value = 'test'
      }
    }
  }
}

// Not every system resolves them by itself, as RFC 6761 wants it.
const { lookup } = dns
dns.lookup = (name, ...rest) => lookup(name.endsWith('.localhost') ? 'localhost' : name, ...rest)
