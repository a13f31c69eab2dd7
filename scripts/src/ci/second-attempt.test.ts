import { expect, test } from 'vitest'
import { worthASecondAttempt } from './second-attempt.ts'

const file = (name: string, ...tests: [fullName: string, status: string][]) => ({
  name: `/repository/${name}`,
  status: tests.some(([, status]) => status === 'failed') || tests.length === 0 ? 'failed' : 'passed',
  assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
})
const worth = (...testResults: ReturnType<typeof file>[]) => worthASecondAttempt({ testResults }, '/repository')

test('what failed is named, and what passed is not', () => {
  expect(
    worth(
      file('gateway/test/tokens.test.ts', ['a token is read', 'passed'], ['a token expires', 'failed']),
      file('runtime/src/money.test.ts', ['money adds up', 'passed']),
      file('schema/src/events.test.ts'),
    ),
  ).toEqual([
    { path: 'gateway/test/tokens.test.ts', tests: ['a token expires'] },
    { path: 'schema/src/events.test.ts', tests: [] },
  ])
})

test('many failures are no chance', () => {
  expect(worth(...['a', 'b', 'c', 'd'].map((name) => file(`gateway/test/${name}.test.ts`)))).toEqual([])
})

test.each([
  'saga/killed.e2e.test.ts',
  'saga/faults/capture.db.test.ts',
  'services/booking/src/holds/rush.db.test.ts',
  'services/booking/test/model.db.test.ts',
  'services/payment/test/walk.db.test.ts',
  'services/booking/src/attacks.graph.db.test.ts',
])('%s is never forgiven, and nothing beside it', (name) => {
  expect(worth(file(name, ['it holds', 'failed']), file('gateway/test/tokens.test.ts'))).toEqual([])
})
