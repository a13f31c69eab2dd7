import type { Job, PgBoss } from 'pg-boss'
import { createBell } from '../bell.ts'
import type { Logger } from '../log.ts'
import { withTrace } from '../trace.ts'
import type { JobHandler } from './define.ts'
import { payloadShape } from './send.ts'

/** A worker looks by itself after so long, in milliseconds; whoever starts it says much sooner when there is something. */
const LOOK_MILLISECONDS = 30_000

/** What runs the jobs of one queue. */
export interface Worker {
  /** A job was sent, or has become due. */
  wake(): void
  /** Takes no more jobs, and waits so many milliseconds for those that run; the others fail and are tried again. */
  stop(graceMilliseconds: number): Promise<void>
}

/**
 * Runs the jobs of a queue, so many at once, each settled when it ends. pg-boss' own `work` waits for the slowest of a
 * batch before it fetches the next, so that one request that hangs outside would hold up all the others.
 */
export function startWorker(boss: PgBoss, handler: JobHandler, log: Logger): Worker {
  const { concurrency, expireInSeconds, retryLimit } = handler.options
  const bell = createBell()
  const stopping = new AbortController()
  const givenUp = new AbortController()
  const running = new Set<Promise<void>>()
  const loop = fetchAll()

  async function fetchAll() {
    while (!stopping.signal.aborted) {
      const room = concurrency - running.size
      const jobs = room > 0 ? await fetchSome(room) : []
      for (const fetched of jobs) start(fetched)
      // As many as asked for: there are probably more.
      if (room > 0 && jobs.length === room) continue
      await bell.wait(LOOK_MILLISECONDS)
    }
  }

  async function fetchSome(batchSize: number): Promise<Job[]> {
    try {
      return await boss.fetch(handler.name, { batchSize })
    } catch (error) {
      log.warn({ err: error, job: handler.name }, 'jobs cannot be fetched')
      return []
    }
  }

  function start(fetched: Job) {
    const done = run(fetched).finally(() => {
      const wasFull = running.size === concurrency
      running.delete(done)
      if (wasFull) bell.ring()
    })
    running.add(done)
  }

  async function run(fetched: Job): Promise<void> {
    const about = { job: handler.name, id: fetched.id, attempt: fetched.retryCount + 1 }
    try {
      await attempt(fetched)
      await boss.complete(handler.name, fetched)
    } catch (error) {
      const last = fetched.retryCount >= retryLimit
      if (last) log.error({ ...about, err: error }, 'a job has failed for the last time')
      else log.warn({ ...about, err: error }, 'a job has failed and will be tried again')
      // When not even that can be written down, the job expires and is tried again.
      await boss
        .fail(handler.name, fetched, { message: error instanceof Error ? error.message : String(error) })
        .catch((failure: unknown) => log.warn({ ...about, err: failure }, 'the failure of a job could not be recorded'))
    }
  }

  async function attempt(fetched: Job): Promise<void> {
    const { data, correlationId, traceparent } = payloadShape.parse(fetched.data ?? {})
    const signal = AbortSignal.any([givenUp.signal, AbortSignal.timeout(expireInSeconds * 1000)])
    const trace = { correlationId: correlationId ?? fetched.id, causationId: fetched.id, traceparent }
    await unlessAborted(
      signal,
      withTrace(trace, () => handler.run(data, { id: fetched.id, attempt: fetched.retryCount + 1, signal })),
    )
  }

  return {
    wake: bell.ring,
    async stop(graceMilliseconds) {
      stopping.abort()
      bell.ring()
      await loop
      const timer = setTimeout(() => givenUp.abort(new Error('the process stopped')), graceMilliseconds)
      await Promise.all(running)
      clearTimeout(timer)
    },
  }
}

/** Rejects with the signal's reason when it is aborted first. Whoever ignores the signal is left behind. */
async function unlessAborted(signal: AbortSignal, work: Promise<unknown>): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    signal.throwIfAborted()
    await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
