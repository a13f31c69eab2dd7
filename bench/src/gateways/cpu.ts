import { readFileSync } from 'node:fs'

/** Milliseconds that one tick of the kernel's accounting lasts: USER_HZ is 100 on every Linux that Node runs on. */
const TICK_MILLISECONDS = 10

/** Processor time that these processes have used so far, all threads and living children included, in milliseconds. */
export function cpuOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticksOf(pid) * TICK_MILLISECONDS + cpuOf(childrenOf(pid)), 0)
}

function ticksOf(pid: number): number {
  const stat = readIfThere(`/proc/${pid}/stat`)
  // What follows the command's name, which may have spaces; user and system time are the fields 14 and 15 of all.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
}

function childrenOf(pid: number): number[] {
  return readIfThere(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
}

/** Empty for a process that ended in the meantime. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return ''
    throw error
  }
}
