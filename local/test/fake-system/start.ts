// `pnpm start` with processes that do next to nothing instead of Tikitu's: everything about the runner is real.
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import type { ProcessSpec } from '../../src/runner/child-process.ts'
import type { Settings } from '../../src/settings.ts'

enableCompileCache(join(process.env['DATA_DIR'] ?? '', 'compile-cache'))
const { startCommand } = await import('../../src/runner/command.ts')
const { tikituPlan } = await import('../../src/runner/plan.ts')

/** Most of what the runner does shows with two services as well as with six, and sooner. */
const wanted = process.env['FAKE_SERVICES'] ?? 'admin,booking'

const portOf = (name: string) =>
  (name === 'mail' ? 'inbox' : name === 'stripe' ? 'sandbox' : name) as keyof Settings['ports']

process.exitCode = await startCommand(process.argv.slice(2), process.env, (settings, secrets) => {
  const plan = tikituPlan(settings, secrets)
  const faked = (name: string, file: string) => ({
    entry: join(import.meta.dirname, file),
    env: {
      NODE_ENV: 'test',
      FAKE_NAME: name,
      FAKE_PORT: String(settings.ports[portOf(name)]),
      FAKE_BEHAVIOUR: process.env[`FAKE_${name.toUpperCase()}`] ?? '',
    },
  })
  const fake = (spec: ProcessSpec) => {
    const { entry, env } = faked(spec.name, 'service.ts')
    return { ...spec, entry, env: { ...spec.env, ...env } }
  }
  return {
    ...plan,
    helpers: plan.helpers.map(fake),
    services: (databases) =>
      plan
        .services(databases)
        .filter(({ name }) => wanted.includes(name))
        .map(fake),
    gateway: { name: 'gateway', ...faked('gateway', 'service.ts') },
    seed: () => ({
      name: 'seed',
      entry: join(import.meta.dirname, 'seed.ts'),
      env: { ADMIN_ADDRESS: `http://127.0.0.1:${settings.ports.admin}` },
    }),
  }
})
