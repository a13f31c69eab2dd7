// `pnpm bench <name>`: measures, prints a table for people and a line of JSON for each figure, and exits with 1 if one
// falls short of its goal.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { jsonLine, reaches, runBench, table, type Bench } from './src/harness.ts'

const SUFFIX = '.bench.ts'
const directory = join(import.meta.dirname, 'src')
const names = readdirSync(directory)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length))

const [name = '', ...args] = process.argv.slice(2)
process.exitCode = names.includes(name) ? await measure(name) : await list()

async function measure(chosen: string): Promise<number> {
  const bench = await load(chosen)
  console.log(`${chosen}: ${bench.title}\n`)
  const figures = await runBench(bench, (text) => console.log(text), args)
  console.log(`\n${table(figures)}\n`)
  for (const figure of figures) console.log(jsonLine(chosen, figure))
  return figures.every(reaches) ? 0 : 1
}

async function list(): Promise<number> {
  const titles = await Promise.all(names.map(async (each) => `  ${each.padEnd(12)} ${(await load(each)).title}`))
  console.error(`Usage: pnpm bench <name>\n\n${titles.join('\n')}`)
  return 1
}

async function load(chosen: string): Promise<Bench> {
  const { bench } = (await import(join(directory, `${chosen}${SUFFIX}`))) as { bench: Bench }
  return bench
}
