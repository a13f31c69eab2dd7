// Preloaded into our gateway: graphql-js decides when it is loaded whether it makes the checks that it makes for developers.
const { NODE_ENV } = process.env
process.env['NODE_ENV'] = 'production'
await import('graphql')
process.env['NODE_ENV'] = NODE_ENV
