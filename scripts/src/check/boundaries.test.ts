import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { inRepository, run, tool } from '../repository.ts'

/** Who may import what: each kind of file with imports the linter must pass and imports it must report. */
const BOUNDARIES = [
  {
    who: 'a rule',
    file: 'services/booking/src/holds/hold.rules.ts',
    may: [
      './seat.rules.ts',
      '../shows/show.rules.ts',
      '@tikitu/runtime/card-number',
      '@tikitu/runtime/outcome',
      '@tikitu/runtime/money',
    ],
    mayNot: [
      'node:crypto',
      'zod',
      'drizzle-orm',
      './hold.sql.ts',
      './holds.ts',
      '../tables.ts',
      '../config.ts',
      '@tikitu/runtime/events',
      '@tikitu/runtime/transact',
      '@tikitu/schema/events/booking',
    ],
  },
  {
    who: 'a query',
    file: 'services/booking/src/holds/hold.sql.ts',
    may: ['drizzle-orm', '../tables.ts', './hold.rules.ts', '../shows/show.sql.ts', '@tikitu/runtime/database'],
    mayNot: ['./holds.ts', '../bookings/bookings.ts', './hold.resolvers.ts', '../bookings/booking.events.ts', 'vitest'],
  },
  {
    who: 'a verb',
    file: 'services/booking/src/holds/holds.ts',
    may: ['./hold.sql.ts', './hold.rules.ts', '../bookings/bookings.ts', '@tikitu/runtime/events', 'node:crypto'],
    mayNot: ['drizzle-orm', 'pg', '../tables.ts', './hold.resolvers.ts', './hold.events.ts', '@tikitu/local/postgres'],
  },
  {
    who: 'a resolver',
    file: 'services/booking/src/holds/hold.resolvers.ts',
    may: ['./holds.ts', './hold.rules.ts', '../generated/graphql.ts', '@tikitu/runtime/serve'],
    mayNot: ['./hold.sql.ts', '../tables.ts', 'drizzle-orm', 'drizzle-orm/pg-core', 'pg', '../../test/build.ts'],
  },
  {
    who: 'an event handler',
    file: 'services/booking/src/holds/hold.events.ts',
    may: ['./holds.ts', '@tikitu/schema/events/payment', '@tikitu/runtime/events'],
    mayNot: ['./hold.sql.ts', '../tables.ts', 'drizzle-orm', '../../../payment/src/payments/payments.ts'],
  },
  {
    who: 'the table of contents of a service',
    file: 'services/booking/src/service.ts',
    may: ['./tables.ts', './holds/hold.resolvers.ts', '@tikitu/runtime/serve', '@tikitu/schema/sdl'],
    mayNot: [
      '../../payment/src/tables.ts',
      '@tikitu/payment',
      '@tikitu/gateway',
      '@tikitu/local/postgres',
      '@tikitu/runtime/testing',
      '../test/build.ts',
      './holds/hold.rules.test.ts',
      'fast-check',
      'node:process',
    ],
  },
  {
    who: 'the runtime',
    file: 'runtime/src/serve.ts',
    may: ['./log.ts', 'node:http', 'fastify', '@tikitu/schema/services'],
    mayNot: [
      '../../services/booking/src/tables.ts',
      '@tikitu/booking',
      '@tikitu/local/postgres',
      './testing/index.ts',
      'vitest',
    ],
  },
  {
    who: 'a contract',
    file: 'schema/src/events/booking.ts',
    may: ['zod', './define.ts', '../services.ts'],
    mayNot: [
      'drizzle-orm',
      'node:crypto',
      '@tikitu/runtime/money',
      '../../../runtime/src/money.ts',
      '../../../services/booking/src/tables.ts',
    ],
  },
  {
    who: 'the gateway',
    file: 'gateway/src/main.ts',
    may: ['fastify', './config.ts', '@tikitu/runtime/identity', '@tikitu/schema/sdl'],
    mayNot: ['drizzle-orm', 'pg', '@tikitu/local/postgres', '../../services/booking/src/tables.ts', '../test/start.ts'],
  },
  {
    who: 'a command',
    file: 'scripts/src/demo.ts',
    may: ['@tikitu/local/postgres', '@tikitu/runtime/ids', 'node:fs'],
    mayNot: ['../../services/booking/src/holds/holds.ts', '@tikitu/booking', '@tikitu/runtime/testing', './x.test.ts'],
  },
]

/** The rule behind every one of them. */
const RESTRICTED = 'eslint(no-restricted-imports)'

/** Other promises of the linter, each with a file that breaks it. */
const HABITS = [
  {
    promise: 'a Drizzle query that nobody awaits is reported',
    rule: 'typescript(no-floating-promises)',
    file: 'services/user/src/floating.ts',
    text: `import { drizzle } from 'drizzle-orm/node-postgres'
      import { integer, pgTable } from 'drizzle-orm/pg-core'
      const seats = pgTable('seats', { id: integer().primaryKey() })
      export function sell(url: string) {
        drizzle(url).insert(seats).values({ id: 1 })
      }`,
  },
  {
    promise: 'a promise used as a condition is reported',
    rule: 'typescript(no-misused-promises)',
    file: 'services/user/src/misused.ts',
    text: `export function open(isFree: () => Promise<boolean>) { return isFree() ? 'yes' : 'no' }`,
  },
  {
    promise: 'any is reported',
    rule: 'typescript(no-explicit-any)',
    file: 'services/user/src/any.ts',
    text: `export const loose = (value: any) => String(value)`,
  },
  {
    promise: 'a silenced type error is reported',
    rule: 'typescript(ban-ts-comment)',
    file: 'services/user/src/silenced.ts',
    text: `// @ts-ignore\nexport const one: number = 'one'`,
  },
  {
    promise: 'a type imported as if it were a value is reported',
    rule: 'typescript(consistent-type-imports)',
    file: 'services/user/src/type-import.ts',
    text: `import { Server } from 'node:http'\nexport type Listening = Server`,
  },
  {
    promise: 'the environment is read in config.ts only',
    rule: 'node(no-process-env)',
    file: 'services/user/src/environment.ts',
    text: `export const port = process.env['PORT']`,
  },
  {
    promise: 'a service logs, it does not print',
    rule: 'eslint(no-console)',
    file: 'services/user/src/print.ts',
    text: `console.log('sold')`,
  },
  {
    promise: 'a cycle of imports is reported',
    rule: 'import(no-cycle)',
    file: 'services/user/src/cycle-a.ts',
    text: `import { b } from './cycle-b.ts'\nexport const a = () => b()`,
  },
]

/** Innocent files the others need, and places where the environment may be read. */
const BESIDES = {
  'services/user/src/cycle-b.ts': `import { a } from './cycle-a.ts'\nexport const b = (): unknown => a()`,
  'services/user/src/config.ts': `export const port = process.env['PORT']`,
  'scripts/src/print.ts': `console.log(process.env['PORT'])`,
  'services/user/src/people/person.rules.ts': `import type { UserRegistered } from '@tikitu/schema/events/user'\nexport type Newcomer = UserRegistered`,
}

/** What the linter says about one line of one file. */
interface Finding {
  readonly file: string
  readonly line: number
  readonly rule: string
}

let checkout: string
let findings: readonly Finding[]

beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'tikitu-boundaries-'))
  for (const file of ['oxlint.config.ts', 'tsconfig.json']) await copyFile(inRepository(file), join(checkout, file))
  for (const name of ['node_modules/.bin', 'node_modules/@types', 'scripts/node_modules/drizzle-orm']) {
    await mkdir(join(checkout, 'node_modules'), { recursive: true })
    await symlink(inRepository(name), join(checkout, 'node_modules', basename(name)))
  }
  for (const { file, may, mayNot } of BOUNDARIES)
    await plant(file, [...may, ...mayNot].map((name) => `export * from '${name}'`).join('\n'))
  for (const { file, text } of HABITS) await plant(file, text)
  for (const [file, text] of Object.entries(BESIDES)) await plant(file, text)
  findings = await lint()
})

afterAll(() => rm(checkout, { recursive: true }))

async function plant(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(checkout, file)), { recursive: true })
  await writeFile(join(checkout, file), text)
}

const Report = z.object({
  diagnostics: z.array(
    z.object({
      filename: z.string(),
      code: z.string(),
      labels: z.array(z.object({ span: z.object({ line: z.number() }) })),
    }),
  ),
})

async function lint(): Promise<Finding[]> {
  // Folders by name: left to itself the linter would walk through the links into every package.
  const folders = ['gateway', 'runtime', 'schema', 'scripts', 'services']
  const { output } = await run(tool('oxlint'), ['--format=json', ...folders], { cwd: checkout })
  return Report.parse(JSON.parse(output)).diagnostics.map(({ filename, code, labels }) => ({
    file: filename,
    line: labels[0]?.span.line ?? 0,
    rule: code,
  }))
}

test.each(BOUNDARIES)('$who imports only what it may', ({ file, may, mayNot }) => {
  const lines = new Set(
    findings.filter((finding) => finding.file === file && finding.rule === RESTRICTED).map(({ line }) => line),
  )
  const refused = [...may, ...mayNot].filter((_, index) => lines.has(index + 1))
  expect(refused).toEqual(mayNot)
})

for (const { promise, file, rule } of HABITS) {
  test(promise, () => {
    expect(findings.filter((finding) => finding.file === file).map((finding) => finding.rule)).toContain(rule)
  })
}

test.each(Object.keys(BESIDES).filter((file) => !file.includes('cycle')))('nothing is wrong with %s', (file) => {
  expect(findings.filter((finding) => finding.file === file)).toEqual([])
})
