/** A clock that a test begins. */
export interface Stopwatch {
  /** The time since the beginning in milliseconds, less what the process stood still. */
  milliseconds(): number
}

const TICK_MILLISECONDS = 10

let lookedAt = performance.now()
let cpu = process.cpuUsage()
let counted = 0
setInterval(look, TICK_MILLISECONDS).unref()

/**
 * Measures how long something takes on a machine that stands still now and then, as shared machines do: time in which
 * the process did not come to its turn and did not work either is no time of what is measured. What it works and what
 * it waits for counts.
 */
export function stopwatch(): Stopwatch {
  const begun = look()
  return { milliseconds: () => look() - begun }
}

// Between two looks the process waits for a tick at most; what is more is work, or standstill.
function look(): number {
  const now = performance.now()
  const { user, system } = process.cpuUsage(cpu)
  counted += Math.min(now - lookedAt, TICK_MILLISECONDS + (user + system) / 1_000)
  lookedAt = now
  cpu = process.cpuUsage()
  return counted
}
