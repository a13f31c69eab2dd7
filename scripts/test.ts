import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { ROOT, tool } from './src/repository.ts'

/** `pnpm test [vitest's arguments]` runs all tests, or those whose path contains what is given, and exits as Vitest does. */
const vitest = spawn(tool('vitest'), ['run', '--config', 'vitest.workspace.ts', ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
  // Each file has a process of its own, and many start more: a fifth of all CPU went into compiling the same modules again.
  env: { NODE_COMPILE_CACHE: resolve(ROOT, process.env['DATA_DIR'] || '.data', 'test/compile-cache'), ...process.env },
})
// Ctrl-C reaches Vitest by itself; we stay until it has stopped what it started.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => vitest.kill('SIGTERM'))
vitest.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1
})
