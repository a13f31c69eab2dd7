import { spawnSync } from 'node:child_process'
import { readFileIfPresent } from '../files.ts'

/** What the operating system knows of a process. */
export interface ProcessInfo {
  /** The process that started it; 1 when that one is gone. */
  parent: number
  /** When it started, in whatever unit: together with the id it names one process and no later one. */
  startedAt: string
  /** The program and its arguments. */
  command: string[]
}

/** Looks a process up. Undefined if there is none, or if it has ended and only waits to be noticed. */
export function processInfo(pid: number): ProcessInfo | undefined {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
}

function fromProc(pid: number): ProcessInfo | undefined {
  const stat = readProc(`/proc/${pid}/stat`)
  const command = readProc(`/proc/${pid}/cmdline`)
  if (stat === undefined || command === undefined) return undefined
  // The second field is the program's name in brackets and may contain anything, brackets too.
  const [state = '', parent = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (state === 'Z' || state === 'X') return undefined
  return { parent: Number(parent), startedAt: rest[17] ?? '', command: command.split('\0').slice(0, -1) }
}

function readProc(path: string): string | undefined {
  try {
    return readFileIfPresent(path)
  } catch (error) {
    // The process ended while its file was being read.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined
    throw error
  }
}

function fromPs(pid: number): ProcessInfo | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'ppid=,stat=,lstart=,command=', '-p', String(pid)], { encoding: 'utf8' })
  const [, parent, state, startedAt, command] =
    /^\s*(\d+)\s+(\S+)\s+(\S+ \S+ +\S+ \S+ \S+)\s+(.*)$/.exec(stdout.trim()) ?? []
  if (!parent || !state || state.startsWith('Z') || !startedAt || !command) return undefined
  return { parent: Number(parent), startedAt, command: command.split(' ') }
}
