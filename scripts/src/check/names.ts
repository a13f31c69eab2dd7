import { readFileSync } from 'node:fs'
import { inRepository, run } from '../repository.ts'

/** What no committed file may say, because it is true of one machine only. */
const MACHINE_BOUND = [
  { what: 'a path of one machine', pattern: /(?<![\w.~-])\/(?:work|home|root|Users)\/\w+/ },
  {
    what: 'a package registry',
    pattern:
      /\bregistry\.(?:npmjs\.org|yarnpkg\.com|npmmirror\.com)|\bnpm\.pkg\.github\.com|\/artifactory\/|\bverdaccio\b/,
  },
  { what: 'a registry setting', pattern: /^\s*(?:@[\w-]+:)?registry\s*[:=]/ },
] as const

/** The lockfile names packages by hash. A host in it would send everybody there. */
const LOCKFILE_HOST = { what: 'a host', pattern: /https?:\/\/|\btarball:/ } as const

/** Something in a file that belongs to one machine. */
export interface MachineBound {
  readonly file: string
  readonly line: number
  readonly what: string
}

/** Looks through every file that is committed or about to be. */
async function machineBoundNames(): Promise<MachineBound[]> {
  const { output } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  const files = output.split('\0').filter((file) => file !== '' && file !== 'scripts/src/check/names.test.ts')
  return files.flatMap((file) => machineBoundIn(file, readFileSync(inRepository(file), 'utf8')))
}

/** The same in one text. */
export function machineBoundIn(file: string, text: string): MachineBound[] {
  // A file of bytes, such as a picture, says nothing.
  if (text.includes('\0')) return []
  const refused = file === 'pnpm-lock.yaml' ? [...MACHINE_BOUND, LOCKFILE_HOST] : MACHINE_BOUND
  return text
    .split('\n')
    .flatMap((line, index) =>
      refused.filter(({ pattern }) => pattern.test(line)).map(({ what }) => ({ file, line: index + 1, what })),
    )
}

if (import.meta.main) {
  const found = await machineBoundNames()
  for (const { file, line, what } of found) console.error(`${file}:${line} names ${what}`)
  process.exitCode = found.length > 0 ? 1 : 0
}
