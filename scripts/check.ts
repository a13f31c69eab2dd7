import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runSteps, STEPS } from './src/check/steps.ts'

/**
 * `pnpm check [name …]` runs every check, or those named, and exits 1 if one fails. `--report <file>` also writes the
 * results there as JSON.
 */
const { values, positionals } = parseArgs({ allowPositionals: true, options: { report: { type: 'string' } } })
const unknown = positionals.filter((name) => STEPS.every((step) => step.name !== name))
if (unknown.length > 0)
  throw new Error(`There is no check ${unknown.join(', ')}: they are ${STEPS.map(({ name }) => name).join(', ')}.`)

const chosen = positionals.length === 0 ? STEPS : STEPS.filter(({ name }) => positionals.includes(name))
const results = await runSteps(chosen, ({ name, passed, seconds, output }) => {
  console.log(`${passed ? 'pass' : 'FAIL'}  ${name.padEnd(15)} ${seconds.toFixed(1).padStart(5)} s`)
  if (!passed) console.log(output.trim().replaceAll(/^/gm, '      '))
})

const failed = results.filter(({ passed }) => !passed)
console.log(
  failed.length === 0 ? 'Everything is in order.' : `Not in order: ${failed.map(({ name }) => name).join(', ')}.`,
)
if (values.report) {
  writeFileSync(values.report, JSON.stringify(results.map(({ name, passed, seconds }) => ({ name, passed, seconds }))))
}
process.exitCode = failed.length > 0 ? 1 : 0
