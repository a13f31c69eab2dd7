import { readdirSync, readFileSync } from 'node:fs'

/** The memory of one process of a system. */
export interface ProcessMemory {
  /** "booking", "gateway", "runner", "postgres". */
  name: string
  /** Resident memory; for PostgreSQL, whose processes share theirs, what all of them hold together. */
  megabytes: number
}

interface Entry {
  pid: number
  parent: number
  command: string
}

/** The resident memory of a runner and everything it started, in megabytes. Empty where there is no /proc. */
export function memoryOf(runner: number): ProcessMemory[] {
  if (process.platform !== 'linux') return []
  const entries = readProcesses()
  const childrenOf = (pid: number): Entry[] => entries.filter(({ parent }) => parent === pid)
  const descendants = (pid: number): Entry[] => childrenOf(pid).flatMap((child) => [child, ...descendants(child.pid)])
  return [
    { name: 'runner', megabytes: kilobytes(runner, 'status', 'VmRSS') / 1024 },
    ...childrenOf(runner).map((child) =>
      /\/bin\/postgres\b/.test(child.command)
        ? {
            name: 'postgres',
            megabytes:
              [child, ...descendants(child.pid)]
                .map(({ pid }) => kilobytes(pid, 'smaps_rollup', 'Pss'))
                .reduce((sum, part) => sum + part, 0) / 1024,
          }
        : { name: nameOf(child.command), megabytes: kilobytes(child.pid, 'status', 'VmRSS') / 1024 },
    ),
  ].toSorted((one, other) => one.name.localeCompare(other.name))
}

/** `…/services/booking/src/main.ts` is "booking", `…/local/src/mail/main.ts` is "mail". */
function nameOf(command: string): string {
  return /([^/]+)\/(?:src\/)?main\.ts/.exec(command)?.[1] ?? command
}

function readProcesses(): Entry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = readIfThere(`/proc/${name}/stat`)
      const command = readIfThere(`/proc/${name}/cmdline`)
      if (stat === undefined || command === undefined) return []
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      return [{ pid: Number(name), parent, command: command.replaceAll('\0', ' ') }]
    })
}

function kilobytes(pid: number, file: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readIfThere(`/proc/${pid}/${file}`) ?? '')?.[1] ?? 0)
}

/** Undefined for a process that ended in the meantime. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
