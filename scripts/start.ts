// `pnpm start`: the whole system on this machine, until Ctrl-C.
import { startCommand } from '@tikitu/local/runner'

process.exitCode = await startCommand(process.argv.slice(2), process.env)
