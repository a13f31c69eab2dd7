// node stock.mjs <port> <directory with one SDL file for each subgraph> <jit> <name=url>…: @mercuriusjs/gateway in Fastify.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import gateway from '@mercuriusjs/gateway'
import Fastify from 'fastify'

const [port, schemas, jit, ...subgraphs] = process.argv.slice(2)

const app = Fastify()
await app.register(gateway, {
  jit: Number(jit),
  gateway: {
    services: subgraphs.map((subgraph) => {
      const [name, url] = subgraph.split('=')
      return {
        name,
        url,
        schema: readFileSync(join(schemas, `${name}.graphql`), 'utf8'),
        connections: 64,
        rewriteHeaders: (headers) => ({ 'x-tikitu-identity': headers['x-tikitu-identity'] }),
      }
    }),
  },
})
await app.listen({ port: Number(port), host: '127.0.0.1' })
