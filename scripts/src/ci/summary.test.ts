import { expect, test } from 'vitest'
import { afterSecondAttempt, tallyChecks, tallyTests, withExitCode } from './summary.ts'

const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((it) => ({ status: it })) })

test('tests are counted as Vitest counts them', () => {
  const report = {
    numPassedTests: 3,
    numFailedTests: 1,
    testResults: [file('passed', 'passed'), file('failed', 'passed', 'failed')],
  }
  expect(tallyTests(report)).toEqual({ passed: 3, failed: 1 })
})

test('a test file that cannot be loaded is a failure', () => {
  const report = { numPassedTests: 1, numFailedTests: 0, testResults: [file('passed', 'passed'), file('failed')] }
  expect(tallyTests(report)).toEqual({ passed: 1, failed: 1 })
})

test('a file whose tests pass and whose last hook fails is a failure', () => {
  const report = { numPassedTests: 1, numFailedTests: 0, testResults: [file('failed', 'passed')] }
  expect(tallyTests(report)).toEqual({ passed: 1, failed: 1 })
})

test('each check counts one', () => {
  expect(tallyChecks([{ passed: true }, { passed: false }, { passed: true }])).toEqual({ passed: 2, failed: 1 })
})

test('a command that fails without a report, or against it, is a failure', () => {
  expect(withExitCode(undefined, 1)).toEqual({ passed: 0, failed: 1 })
  expect(withExitCode({ passed: 5, failed: 0 }, 1)).toEqual({ passed: 5, failed: 1 })
  expect(withExitCode({ passed: 5, failed: 0 }, 0)).toEqual({ passed: 5, failed: 0 })
})

test('what passes when it is tried again has passed, and what fails again has failed as often as at first', () => {
  expect(afterSecondAttempt({ passed: 9, failed: 2 }, { passed: 4, failed: 0 })).toEqual({ passed: 11, failed: 0 })
  expect(afterSecondAttempt({ passed: 9, failed: 2 }, { passed: 4, failed: 1 })).toEqual({ passed: 9, failed: 2 })
})
