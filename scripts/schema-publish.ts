import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { GraphQLError } from 'graphql'
import { format, writeFiles } from './src/codegen/generated-files.ts'
import { CompositionFailed } from './src/codegen/supergraph.ts'
import { CHANGELOG_FILE, problemsWith, withPublication } from './src/public-schema/changelog.ts'
import { schemaChanges } from './src/public-schema/changes.ts'
import { PUBLISHED_FILE, publicSchema, publishedSchema, publishedText } from './src/public-schema/public-schema.ts'
import { inRepository } from './src/repository.ts'

/**
 * `pnpm schema:publish` makes the public schema of this checkout the one that clients are promised, and dates what changed
 * in the changelog; `--check` writes nothing. Both exit 1 when something breaks that the changelog does not announce.
 */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })

try {
  const now = publicSchema()
  const changes = await schemaChanges(publishedSchema(), now)
  const changelog = readFileSync(inRepository(CHANGELOG_FILE), 'utf8')
  const problems = problemsWith(changes, changelog)
  if (problems.length > 0) {
    console.error(
      [
        'The public schema does not keep what was published:',
        ...problems.map((problem) => `  - ${problem}`),
        `Deprecate instead, or announce it under Unpublished in ${CHANGELOG_FILE}: "- BREAKING Type.field: what to do".`,
      ].join('\n'),
    )
    process.exitCode = 1
  } else if (!values.check) {
    const today = new Date().toISOString().slice(0, 'yyyy-mm-dd'.length)
    const files = [{ path: PUBLISHED_FILE, text: await format(PUBLISHED_FILE, publishedText(now)) }]
    if (changes.length > 0) {
      const dated = withPublication(changelog, changes, today)
      files.push({ path: CHANGELOG_FILE, text: await format(CHANGELOG_FILE, dated) })
    }
    await writeFiles(files)
    console.log(changes.length === 0 ? 'Nothing has changed since.' : `Published ${changes.length} changes.`)
  }
} catch (error) {
  if (!(error instanceof CompositionFailed) && !(error instanceof GraphQLError)) throw error
  console.error(error instanceof GraphQLError ? error.toString() : error.message)
  process.exitCode = 1
}
