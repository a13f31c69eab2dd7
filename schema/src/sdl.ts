import { readFileSync } from 'node:fs'
import type { ServiceName } from './services.ts'

/** The SDL of one subgraph as it is written by hand in `schema/<service>.graphql`. */
export function subgraphSdl(service: ServiceName): string {
  return readFileSync(new URL(`../${service}.graphql`, import.meta.url), 'utf8')
}

/** The composed supergraph, as `pnpm codegen` committed it. */
export function supergraphSdl(): string {
  return readFileSync(new URL('../supergraph.graphql', import.meta.url), 'utf8')
}
