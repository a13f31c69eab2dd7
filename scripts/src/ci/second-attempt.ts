import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { z } from 'zod'
import { ROOT } from '../repository.ts'

const FailureReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
})

/** More than these did not fail by chance. */
const FILES_MAX = 3

/** What seats and money do when everything happens at once has to be right each time: a failure of these is never forgiven. */
const UNFORGIVEN = /(^|[/-])(attacks|faults|killed|model|oversell|races|rush|walk)\b/

/** A test file that failed, by its path in the repository, and the tests in it that did; none when it failed as a whole. */
export interface FailedFile {
  readonly path: string
  readonly tests: readonly string[]
}

/**
 * The files of Vitest's JSON report that failed and are worth a second attempt, alone: on a machine that stands still for
 * seconds a deadline may pass that nobody missed. Empty when too many failed, or one that must not fail even once.
 */
export function worthASecondAttempt(report: unknown, root: string): FailedFile[] {
  const failed = FailureReport.parse(report)
    .testResults.filter(({ status }) => status === 'failed')
    .map(({ name, assertionResults }) => ({
      path: relative(root, name),
      tests: assertionResults.filter((test) => test.status === 'failed').map(({ fullName }) => fullName),
    }))
  return failed.length > FILES_MAX || failed.some(({ path }) => UNFORGIVEN.test(path)) ? [] : failed
}

if (import.meta.main) {
  const [reportFile = ''] = process.argv.slice(2)
  const files = worthASecondAttempt(JSON.parse(readFileSync(reportFile, 'utf8')), ROOT)
  for (const { path } of files) console.log(path)
}
