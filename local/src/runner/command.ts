import { flushCompileCache } from 'node:module'
import { parseArgs } from 'node:util'
import { readSettings, type Settings } from '../settings.ts'
import { watchLaunchers } from './launcher.ts'
import { tikituPlan, type SystemPlan } from './plan.ts'
import { readyBlock } from './ready-block.ts'
import { loadSecrets, type Secrets } from './secrets.ts'
import { runSystem } from './system.ts'
import { openTerminal } from './terminal.ts'

const USAGE = `Usage: pnpm start [--verbose] [--no-demo-data]

  --verbose        show every line of every process, not only warnings and errors
  --no-demo-data   leave the databases empty

Settings are environment variables: PORT_BASE, DATA_DIR, LOG_LEVEL, DATABASE_URL_<SERVICE>, COGNITO_USER_POOL_ID and
the others in the README.`

/**
 * The command `pnpm start`: runs a system until Ctrl-C, SIGTERM, a closed terminal, or the end of the command that
 * started it. Resolves to the exit code; what went wrong is on the error stream.
 */
export async function startCommand(
  args: string[],
  env: NodeJS.ProcessEnv,
  makePlan: (settings: Settings, secrets: Secrets) => SystemPlan = tikituPlan,
): Promise<number> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(signal))
  const unwatch = watchLaunchers(() => stop.abort('the command that started it is gone'))
  const terminal = openTerminal(process.stdout)
  try {
    const { values } = parseArgs({
      args,
      allowNegative: true,
      options: {
        verbose: { type: 'boolean', default: false },
        'demo-data': { type: 'boolean', default: true },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      terminal.say(USAGE)
      return 0
    }
    const settings = readSettings(env)
    await runSystem({
      settings,
      plan: async () => makePlan(settings, await loadSecrets(settings.dataDir)),
      terminal,
      verbose: values.verbose,
      demoData: values['demo-data'],
      signal: stop.signal,
      ready: (embeddedPort) => {
        // Now, because a runner that is killed has no other chance.
        flushCompileCache()
        terminal.say(readyBlock(settings, { seconds: performance.now() / 1000, embeddedPort }))
      },
    })
    return 0
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 1
  } finally {
    unwatch()
  }
}
