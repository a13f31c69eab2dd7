import { readdirSync, readFileSync } from 'node:fs'

/** Milliseconds that one tick of the kernel's accounting lasts: USER_HZ is 100 on every Linux that Node runs on. */
const TICK_MILLISECONDS = 10

/** Processor time that these processes have used so far, all threads and living children included, in milliseconds. */
export function cpuOf(pids: readonly number[]): number {
  const stats = readStats()
  const withChildren = (pid: number): number => {
    const own = stats.get(pid)?.ticks ?? 0
    const children = [...stats].filter(([, { parent }]) => parent === pid).map(([child]) => withChildren(child))
    return own + children.reduce((sum, ticks) => sum + ticks, 0)
  }
  return pids.reduce((sum, pid) => sum + withChildren(pid), 0) * TICK_MILLISECONDS
}

/** Parent and used ticks of each process. */
function readStats(): Map<number, { parent: number; ticks: number }> {
  const stats = new Map<number, { parent: number; ticks: number }>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = readIfThere(`/proc/${name}/stat`)
    // After the command's name, which may have spaces: state, parent, … user and system time as fields 14 and 15 of all.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    stats.set(Number(name), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) })
  }
  return stats
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
