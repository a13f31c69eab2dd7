import { expect, test } from 'vitest'
import { runSteps, type Step } from './steps.ts'

const says = (name: string, code: number): Step => ({
  name,
  command: process.execPath,
  args: ['--eval', `console.log('out of ${name}'); console.error('err of ${name}'); process.exit(${code})`],
})

test('each step is told of as it ends, with all it said, and the results keep their order', async () => {
  const told: string[] = []
  const results = await runSteps([says('one', 0), says('two', 3), says('three', 0)], ({ name }) => told.push(name))
  expect(results.map(({ name, passed }) => ({ name, passed }))).toEqual([
    { name: 'one', passed: true },
    { name: 'two', passed: false },
    { name: 'three', passed: true },
  ])
  expect(told.toSorted()).toEqual(['one', 'three', 'two'])
  expect(results[1]?.output).toMatch(/out of two[^]*err of two|err of two[^]*out of two/)
})
