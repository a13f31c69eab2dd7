// node apollo.mjs <port> <supergraph>: @apollo/gateway in @apollo/server, as their documentation sets them up.
import { readFileSync } from 'node:fs'
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'

const [port, supergraph] = process.argv.slice(2)

class Subgraph extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    if (context.identity) request.http.headers.set('x-tikitu-identity', context.identity)
  }
}

const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(supergraph, 'utf8'),
  buildService: ({ url }) => new Subgraph({ url }),
})
const server = new ApolloServer({ gateway })
await startStandaloneServer(server, {
  listen: { port: Number(port), host: '127.0.0.1' },
  context: async ({ req }) => ({ identity: req.headers['x-tikitu-identity'] }),
})
