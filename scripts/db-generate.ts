import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { SERVICE_NAMES, type ServiceName } from '@tikitu/schema/services'
import { migrationProblems } from './src/migrations/drift.ts'
import { editedMigrations } from './src/migrations/edited.ts'
import { inRepository, ROOT, tool } from './src/repository.ts'

/**
 * `pnpm db:generate [service] [--name what_it_does] [--custom]` writes the migration that turns the newest one into
 * what `tables.ts` says, for one service or for all; `--custom` writes an empty one for SQL by hand.
 * `pnpm db:generate --check` writes nothing and exits 1 if one is missing or a merged one was edited.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { name: { type: 'string' }, custom: { type: 'boolean' }, check: { type: 'boolean', default: false } },
})
const services = positionals.length === 0 ? SERVICE_NAMES : positionals.map(serviceNamed)
process.exitCode = values.check ? await check() : generate()

function serviceNamed(name: string): ServiceName {
  const service = SERVICE_NAMES.find((it) => it === name)
  if (!service) throw new Error(`There is no service ${name}: it is one of ${SERVICE_NAMES.join(', ')}.`)
  return service
}

function generate(): number {
  const args = ['generate', ...(values.name ? [`--name=${values.name}`] : []), ...(values.custom ? ['--custom'] : [])]
  const codes = services.map((service) => {
    console.log(`${service}:`)
    // drizzle-kit asks in the terminal whether a column was renamed or replaced.
    return (
      spawnSync(tool('drizzle-kit'), args, { cwd: inRepository(`services/${service}`), stdio: 'inherit' }).status ?? 1
    )
  })
  return codes.some((code) => code !== 0) ? 1 : 0
}

async function check(): Promise<number> {
  const problems = (await editedMigrations(ROOT)).map(
    (file) => `${file}: a merged migration is never edited; add another`,
  )
  for (const service of services) {
    for (const problem of await problemsOf(service))
      problems.push(`${service}: ${problem}; run \`pnpm db:generate ${service}\``)
  }
  for (const problem of problems) console.error(problem)
  return problems.length > 0 ? 1 : 0
}

async function problemsOf(service: ServiceName): Promise<string[]> {
  const folder = inRepository(`drizzle/${service}`)
  if (!existsSync(folder)) return ['there is no migration yet']
  const tables = (await import(inRepository(`services/${service}/src/tables.ts`))) as Record<string, unknown>
  return migrationProblems(tables, folder)
}
