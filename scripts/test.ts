import { spawn } from 'node:child_process'
import { ROOT, tool } from './src/repository.ts'

/** `pnpm test [vitest's arguments]` runs all tests, or those whose path contains what is given, and exits as Vitest does. */
const vitest = spawn(tool('vitest'), ['run', '--config', 'vitest.workspace.ts', ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
})
// Ctrl-C reaches Vitest by itself; we stay until it has stopped what it started.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => vitest.kill('SIGTERM'))
vitest.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1
})
