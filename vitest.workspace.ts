import { defineConfig } from 'vitest/config'
import { SERVICE_NAMES } from './schema/src/services.ts'
import { SpreadSequencer } from './scripts/src/test/sequencer.ts'

/** Everything that runs in the test's own process: rules, queries against a real Postgres, sagas over several databases. */
function inProcess(name: string, folder: string) {
  return {
    extends: true as const,
    test: {
      name,
      root: folder,
      include: ['**/*.test.ts'],
      exclude: ['**/node_modules/**', '**/*.{e2e,broker}.test.ts'],
    },
  }
}

export default defineConfig({
  // The file that Node takes: with Vite's choice there would be two copies of graphql, and no error an instance of either's class.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    pool: 'forks',
    execArgv: ['--import', new URL('runtime/src/quick-drizzle.ts', import.meta.url).href],
    // One more than a small machine has cores, because there is always one that waits: for a process, a timer, a deadline.
    maxWorkers: 3,
    sequence: { sequencer: SpreadSequencer },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // What is waited for comes soon; only the machine may stand still in between.
    expect: { poll: { timeout: 20_000 } },
    globalSetup: ['scripts/src/test/global-setup.ts'],
    projects: [
      ...['schema', 'runtime', 'local', 'gateway', 'scripts', 'bench', 'saga'].map((name) => inProcess(name, name)),
      ...SERVICE_NAMES.map((name) => inProcess(name, `services/${name}`)),
      {
        extends: true,
        // The events once more over RabbitMQ; a file has the broker to itself, because one of them kills it.
        test: {
          name: 'rabbitmq',
          // What instances, kills and the outbox do over a broker takes half a minute: `SOAK=1` asks for it.
          include: [
            `runtime/src/events/{${process.env['SOAK'] ? 'delivery,failure,instances,killed,outbox' : 'delivery,failure'}}.db.test.ts`,
            'runtime/src/events/rabbitmq/*.broker.test.ts',
          ],
          globalSetup: ['scripts/src/test/rabbitmq.ts'],
          setupFiles: ['runtime/test/rabbitmq.setup.ts'],
        },
      },
      {
        extends: true,
        // Each of these starts the whole system, on ports and in a directory of its own.
        test: {
          name: 'e2e',
          include: ['**/*.e2e.test.ts'],
          exclude: ['**/node_modules/**', '.data/**'],
          globalSetup: ['scripts/src/test/data-dir-templates.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
