import { parseArgs } from 'node:util'
import { GraphQLError } from 'graphql'
import { generateFiles, staleFiles, writeFiles } from './src/codegen/generated-files.ts'
import { CompositionFailed } from './src/codegen/supergraph.ts'

/**
 * `pnpm codegen` composes the supergraph and writes the types of every subgraph's resolvers;
 * `pnpm codegen --check` writes nothing and exits 1 if a committed file is not what it would write.
 */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })

try {
  const stale = staleFiles(await generateFiles())
  if (values.check && stale.length > 0) {
    console.error(['Not what the SDL says; run `pnpm codegen`:', ...stale.map(({ path }) => `  ${path}`)].join('\n'))
    process.exitCode = 1
  }
  if (!values.check) {
    await writeFiles(stale)
    console.log(stale.length === 0 ? 'Everything is up to date.' : stale.map(({ path }) => `wrote ${path}`).join('\n'))
  }
} catch (error) {
  if (!(error instanceof CompositionFailed) && !(error instanceof GraphQLError)) throw error
  console.error(error instanceof GraphQLError ? error.toString() : error.message)
  process.exitCode = 1
}
