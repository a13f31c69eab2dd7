import { basename } from 'node:path'
import { processInfo, type ProcessInfo } from './process-table.ts'

/** How often the launchers are looked at, in milliseconds. */
const WATCH_MS = 500

/** The longest chain that is looked through: `npx` → sh → pnpm → sh → node has four. */
const CHAIN_MAX = 8

/** A process that stands between the user and us, and the one that started it. */
interface Link {
  pid: number
  parent: number
}

/**
 * Calls back once when a launcher between the user and this process is gone. `npx` → sh → pnpm → sh → node loses a
 * SIGTERM on the way: npx and its shell end, and pnpm and what it runs never hear of it. Returns how to stop watching.
 */
export function watchLaunchers(gone: () => void): () => void {
  const chain = launchersOf(process.pid, processInfo)
  if (chain.length === 0) return () => {}
  const timer = setInterval(() => {
    if (chain.every(({ pid, parent }) => processInfo(pid)?.parent === parent)) return
    clearInterval(timer)
    gone()
  }, WATCH_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * The links from this process up to the outermost launcher, that one's own parent left out: a terminal or a script that
 * started the system in the background may go. Empty when it was started without one.
 */
export function launchersOf(pid: number, lookUp: (pid: number) => ProcessInfo | undefined): Link[] {
  const ancestors: (Link & { launcher: boolean })[] = []
  let current = pid
  for (let depth = 0; depth < CHAIN_MAX; depth += 1) {
    const parent = lookUp(current)?.parent
    const info = parent === undefined ? undefined : lookUp(parent)
    if (parent === undefined || !info || !(isLauncher(info.command) || isShell(info.command))) break
    ancestors.push({ pid: current, parent, launcher: isLauncher(info.command) })
    current = parent
  }
  // A shell counts only below a launcher; above the last one it is the user's own.
  return ancestors
    .slice(0, ancestors.findLastIndex(({ launcher }) => launcher) + 1)
    .map((link) => ({ pid: link.pid, parent: link.parent }))
}

/** npm calls itself "npm exec …"; as a script it is `node …/npx-cli.js`. */
function isLauncher([program = '', script = '']: string[]): boolean {
  return [program, script].some((word) =>
    /^(npm|npx|pnpm|pnpx|corepack)(-cli)?(\.c?js|\.mjs)?$/.test(basename(word.split(' ')[0] ?? '')),
  )
}

function isShell([program = '']: string[]): boolean {
  return /^-?(sh|dash|bash|zsh|ash)$/.test(basename(program))
}
