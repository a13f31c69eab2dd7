import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The root of the checkout, with a slash at its end. Every path the scripts print is relative to it. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** An absolute path to something in the checkout, from its path relative to the root. */
export function inRepository(path: string): string {
  return ROOT + path
}

/** A tool the lockfile brought, for example `oxlint`, as a path that can be spawned. */
export function tool(name: string): string {
  return inRepository(`node_modules/.bin/${name}`)
}

/** How a command ended, and all it said: standard output and standard error in the order they came. */
export interface Ended {
  /** The exit code; 1 when a signal ended it. */
  readonly code: number
  readonly output: string
}

/**
 * Runs a command to its end without a shell and without a terminal, in the checkout unless told otherwise. `input` is
 * what it can read.
 */
export function run(
  command: string,
  args: readonly string[],
  { cwd = ROOT, input }: { cwd?: string; input?: string } = {},
) {
  return new Promise<Ended>((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] })
    let output = ''
    const keep = (chunk: string) => {
      output += chunk
    }
    child.stdout?.setEncoding('utf8').on('data', keep)
    child.stderr?.setEncoding('utf8').on('data', keep)
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
    child.stdin?.end(input)
  })
}
