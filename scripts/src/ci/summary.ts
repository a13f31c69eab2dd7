import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { ROOT } from '../repository.ts'
import { worthASecondAttempt } from './second-attempt.ts'

const TestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
})
const CheckReport = z.array(z.object({ passed: z.boolean() }))

/** How many passed and how many did not. */
export interface Tally {
  readonly passed: number
  readonly failed: number
}

/** Counts Vitest's JSON report. A file that could not even be loaded counts as one failure. */
export function tallyTests(report: unknown): Tally {
  const { numPassedTests, numFailedTests, testResults } = TestReport.parse(report)
  const unloadable = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  )
  return { passed: numPassedTests, failed: numFailedTests + unloadable.length }
}

/** Counts the report of `pnpm check`. */
export function tallyChecks(report: unknown): Tally {
  const results = CheckReport.parse(report)
  return {
    passed: results.filter(({ passed }) => passed).length,
    failed: results.filter(({ passed }) => !passed).length,
  }
}

/** A command that failed without saying what, or without a report, is a failure all the same. */
export function withExitCode(tally: Tally | undefined, code: number): Tally {
  const { passed, failed } = tally ?? { passed: 0, failed: 1 }
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed }
}

/** What failed and passed when all of its files were tried again has passed; otherwise nothing has changed. */
export function afterSecondAttempt(first: Tally, second: Tally): Tally {
  return second.failed === 0 ? { passed: first.passed + first.failed, failed: 0 } : first
}

if (import.meta.main) {
  const [testFile = '', testCode, againFile = '', againCode, checkFile = '', checkCode] = process.argv.slice(2)
  const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))
  const tallyOf = (count: (report: unknown) => Tally, file: string, code: string | undefined) =>
    withExitCode(existsSync(file) ? count(read(file)) : undefined, Number(code))
  let tests = tallyOf(tallyTests, testFile, testCode)
  if (tests.failed > 0 && existsSync(againFile)) {
    tests = afterSecondAttempt(tests, tallyOf(tallyTests, againFile, againCode))
    if (tests.failed === 0) {
      console.log('Passed only when they were tried again, and are to be mended:')
      for (const file of worthASecondAttempt(read(testFile), ROOT)) {
        console.log([file.path, ...file.tests].join('\n  '))
      }
    }
  }
  const checks = tallyOf(tallyChecks, checkFile, checkCode)
  const failed = tests.failed + checks.failed
  console.log(`${tests.passed + checks.passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}
