import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'

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

if (import.meta.main) {
  const [testFile = '', testCode, checkFile = '', checkCode] = process.argv.slice(2)
  const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))
  const tests = withExitCode(existsSync(testFile) ? tallyTests(read(testFile)) : undefined, Number(testCode))
  const checks = withExitCode(existsSync(checkFile) ? tallyChecks(read(checkFile)) : undefined, Number(checkCode))
  const failed = tests.failed + checks.failed
  console.log(`${tests.passed + checks.passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}
