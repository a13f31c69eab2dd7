/** More ends than this within a minute are no accident. */
export const RESTARTS_MAX = 5
const WINDOW_MS = 60_000
const DELAY_FIRST_MS = 250

/**
 * How long to wait before a process that ended is started again, in milliseconds, or 'give up'. `ends` are the times it
 * ended, the last one included, in milliseconds of any clock. Each end within a minute doubles the wait.
 */
export function decideRestart(ends: readonly number[]): number | 'give up' {
  const recent = ends.filter((end) => end > Math.max(...ends) - WINDOW_MS).length
  return recent > RESTARTS_MAX ? 'give up' : DELAY_FIRST_MS * 2 ** (recent - 1)
}
