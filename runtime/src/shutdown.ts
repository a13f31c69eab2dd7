import closeWithGrace from 'close-with-grace'
import type { Logger } from './log.ts'

/** How long a process may take to finish what it is doing before it is ended, in milliseconds. */
const SHUTDOWN_MILLISECONDS = 10_000

/**
 * Closes gracefully on SIGTERM, SIGINT, an uncaught error, or when the parent that forked this process is gone.
 * `close` is called once.
 */
export function closeOnSignal(log: Logger, close: () => Promise<void>): void {
  const grace = closeWithGrace({ delay: SHUTDOWN_MILLISECONDS, logger: log }, async ({ err }) => {
    if (err) log.fatal({ err }, 'closing after an uncaught error')
    await close()
  })
  if (process.send) process.once('disconnect', () => grace.close())
}

/** Tells the parent that forked this process, if one did, that it may send work. */
export function announceReady(): void {
  process.send?.({ type: 'ready' })
}
