// hive-gateway supergraph --hive-router-runtime -c hive.config.mjs: the gateway as its command line starts it, with the
// Rust planner.
import { defineConfig } from '@graphql-hive/gateway'

export const gatewayConfig = defineConfig({
  logging: 'error',
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }) => ({ 'x-tikitu-identity': request.headers.get('x-tikitu-identity') }),
  },
})
