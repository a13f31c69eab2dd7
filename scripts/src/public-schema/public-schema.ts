import { readFileSync } from 'node:fs'
import { transformSupergraphToPublicSchema } from '@theguild/federation-composition'
import type { ServiceName } from '@tikitu/schema/services'
import { buildASTSchema, buildSchema, lexicographicSortSchema, parse, printSchema, type GraphQLSchema } from 'graphql'
import { composeSupergraph } from '../codegen/supergraph.ts'
import { inRepository } from '../repository.ts'

/** The public schema as it was last published; only `pnpm schema:publish` writes it. */
export const PUBLISHED_FILE = 'schema/published.graphql'

const HEADER = '# The public schema as it was last published, by `pnpm schema:publish`. Do not edit.'

/** The schema that clients see, composed from the SDL as it is now. Throws what `composeSupergraph` throws. */
export function publicSchema(sdlOf?: (service: ServiceName) => string): GraphQLSchema {
  const supergraph = parse(composeSupergraph(sdlOf))
  return buildASTSchema(transformSupergraphToPublicSchema(supergraph), { assumeValidSDL: true })
}

/** The schema that clients were last promised. */
export function publishedSchema(): GraphQLSchema {
  return buildSchema(readFileSync(inRepository(PUBLISHED_FILE), 'utf8'), { assumeValidSDL: true })
}

/** What `PUBLISHED_FILE` says once this schema is published, sorted, so that a type that moves changes nothing. */
export function publishedText(schema: GraphQLSchema): string {
  return `${HEADER}\n\n${printSchema(lexicographicSortSchema(schema))}\n`
}
