// Stands where pnpm stands: starts the runner, and passes no signal on.
import { spawn } from 'node:child_process'

spawn(process.execPath, process.argv.slice(2), { stdio: 'inherit' })
