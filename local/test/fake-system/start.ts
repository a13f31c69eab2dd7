// `pnpm start` with processes that do next to nothing instead of Tikitu's: everything about the runner is real.
import { join } from 'node:path'
import { startCommand } from '../../src/runner/command.ts'
import { tikituPlan } from '../../src/runner/plan.ts'

/** Most of what the runner does shows with two services as well as with six, and sooner. */
const wanted = process.env['FAKE_SERVICES'] ?? 'admin,booking'

process.exitCode = await startCommand(process.argv.slice(2), process.env, (settings, secrets) => {
  const plan = tikituPlan(settings, secrets)
  const faked = (name: string, file: string) => ({
    entry: join(import.meta.dirname, file),
    env: {
      NODE_ENV: 'test',
      FAKE_NAME: name,
      FAKE_PORT: String(settings.ports[name as keyof typeof settings.ports]),
      FAKE_BEHAVIOUR: process.env[`FAKE_${name.toUpperCase()}`] ?? '',
    },
  })
  return {
    ...plan,
    services: (databases) =>
      plan
        .services(databases)
        .filter(({ name }) => wanted.includes(name))
        .map((spec) => {
          const fake = faked(spec.name, 'service.ts')
          return { ...spec, ...fake, env: { ...spec.env, ...fake.env } }
        }),
    gateway: { name: 'gateway', ...faked('gateway', 'service.ts') },
    seed: () => ({
      name: 'seed',
      entry: join(import.meta.dirname, 'seed.ts'),
      env: { ADMIN_ADDRESS: `http://127.0.0.1:${settings.ports.admin}` },
    }),
  }
})
