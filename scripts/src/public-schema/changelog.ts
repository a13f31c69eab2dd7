import type { SchemaChange } from './changes.ts'

/** What changed in the public schema, newest first: what is not published yet, then a section for each publication. */
export const CHANGELOG_FILE = 'schema/CHANGELOG.md'

const UNPUBLISHED = '## Unpublished\n'

/** `- BREAKING Event.title: removed, use name` */
const ENTRY = /^- BREAKING `?([@\w.]+)`?: \S/gm

/** What is wrong with the changes since the last publication, one sentence each: none when all may be published. */
export function problemsWith(changes: readonly SchemaChange[], changelog: string): string[] {
  const entries = new Set([...unpublished(changelog).matchAll(ENTRY)].map(([, coordinate]) => coordinate))
  const breaking = changes.filter(({ isBreaking }) => isBreaking)
  const broken = new Set<string | undefined>(breaking.map(({ coordinate }) => coordinate))
  return [
    ...breaking
      .filter(({ coordinate }) => !entries.has(coordinate))
      .map(({ coordinate, message }) => `${coordinate} would break clients: ${message}`),
    // Left alone it would let the next break of the same thing pass.
    ...[...entries]
      .filter((coordinate) => !broken.has(coordinate))
      .map((coordinate) => `${CHANGELOG_FILE} announces that ${coordinate} breaks, and it does not.`),
  ]
}

/** The changelog once these changes are published: what was announced, and what nobody had to announce, under the date. */
export function withPublication(changelog: string, changes: readonly SchemaChange[], date: string): string {
  const announced = unpublished(changelog)
  const others = changes
    .filter(({ isBreaking }) => !isBreaking)
    .map(({ coordinate, message }) => `- \`${coordinate}\`: ${message}`)
  const section = [announced.trim(), others.join('\n')].filter((text) => text !== '').join('\n')
  return changelog.replace(UNPUBLISHED + announced, () => `${UNPUBLISHED}\n## ${date}\n\n${section}\n\n`)
}

function unpublished(changelog: string): string {
  const [, rest] = changelog.split(UNPUBLISHED)
  if (rest === undefined) throw new Error(`${CHANGELOG_FILE} has lost its section Unpublished.`)
  return rest.split(/^## /m)[0] ?? ''
}
