import { composeServices, compositionHasErrors } from '@theguild/federation-composition'
import { subgraphSdl } from '@tikitu/schema/sdl'
import { SERVICE_NAMES, type ServiceName } from '@tikitu/schema/services'
import { parse, Source } from 'graphql'

/** The subgraphs do not fit together. The message lists why, one reason a line, naming the subgraph. */
export class CompositionFailed extends Error {
  constructor(reasons: readonly string[]) {
    super(['The subgraphs do not compose:', ...reasons.map((reason) => `  - ${reason}`)].join('\n'))
    this.name = 'CompositionFailed'
  }
}

/**
 * The supergraph as it is committed in `schema/supergraph.graphql`. Where a subgraph listens is a setting, so its
 * address in there is only a name. Throws `CompositionFailed`, or a `GraphQLError` with the place that cannot be parsed.
 */
export function composeSupergraph(sdlOf: (service: ServiceName) => string = subgraphSdl): string {
  const result = composeServices(
    SERVICE_NAMES.map((name) => ({
      name,
      url: `http://${name}.service/graphql`,
      typeDefs: parse(new Source(sdlOf(name), `schema/${name}.graphql`)),
    })),
  )
  if (compositionHasErrors(result)) throw new CompositionFailed(result.errors.map((error) => error.message))
  return `# Composed by \`pnpm codegen\` from the SDL beside it. Do not edit.\n\n${result.supergraphSdl.trim()}\n`
}
