import type { PgBoss } from 'pg-boss'
import type { Database } from '../database.ts'
import type { Logger } from '../log.ts'
import { createBoss, ensureQueue, queuesWithJobs } from './boss.ts'
import type { JobHandler } from './define.ts'
import { onJob, sendWith } from './send.ts'
import { startWorker } from './worker.ts'

/** How often jobs are looked for whose process was killed, in seconds. */
const SUPERVISE_SECONDS = 15

/** How often cron times are looked for, and the jobs of cron times, in seconds. */
const CRON_SECONDS = 5
const CRON_JOB_SECONDS = 2

/** What a service says to run its jobs. */
export interface JobsOptions {
  readonly database: Database
  readonly handlers: readonly JobHandler[]
  readonly log: Logger
  /** How long running jobs may take to finish when the process stops, in milliseconds; 5,000 unless said. */
  readonly graceMilliseconds?: number
}

/** The running jobs of a service. */
export interface Jobs {
  /** Waits a few seconds for the jobs that run; those that do not end are tried again by the next process. */
  stop(): Promise<void>
}

/** Runs the jobs and timers of a service. Any number of instances may do so; each job is run by one. */
export async function startJobs({ database, handlers, log, graceMilliseconds = 5_000 }: JobsOptions): Promise<Jobs> {
  refuseDoubles(handlers)
  const boss = createBoss(database, {
    supervise: true,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
    schedule: handlers.some((handler) => handler.cron !== undefined),
    cronMonitorIntervalSeconds: CRON_SECONDS,
    cronWorkerIntervalSeconds: CRON_JOB_SECONDS,
  })
  boss.on('error', (error) => log.warn({ err: error }, 'jobs: a background statement failed'))
  boss.on('warning', (warning) => log.warn({ warning }, 'jobs: a warning'))
  try {
    await boss.start()
    await prepareQueues(boss, handlers)
  } catch (error) {
    await boss.stop({ graceful: false })
    throw error
  }

  const workers = handlers.map((handler) => startWorker(boss, handler, log))
  const byName = new Map(handlers.map(({ name }, index) => [name, workers[index]]))
  const stopLooking = keepLooking(database, [...byName.keys()], log, (name) => byName.get(name)?.wake())
  const forget = [
    sendWith(
      database,
      boss,
      handlers.map(({ name }) => name),
    ),
    ...handlers.map((handler, index) => onJob(database, handler.name, () => workers[index]?.wake())),
  ]

  return {
    async stop() {
      for (const one of forget) one()
      stopLooking()
      await Promise.all(workers.map((worker) => worker.stop(graceMilliseconds)))
      await boss.stop({ graceful: false })
    },
  }
}

/** How late a job may start that was sent by another instance or for a certain time, in milliseconds. */
const POLL_MILLISECONDS = 500

/** One question for all queues, because most of the time there is nothing in any of them. Returns how to stop. */
function keepLooking(
  database: Database,
  names: readonly string[],
  log: Logger,
  found: (name: string) => void,
): () => void {
  let isAsking = false
  const timer = setInterval(() => {
    if (isAsking) return
    isAsking = true
    queuesWithJobs(database, names)
      .then((due) => due.forEach(found))
      .catch((error: unknown) => log.warn({ err: error }, 'jobs cannot be looked for'))
      .finally(() => (isAsking = false))
  }, POLL_MILLISECONDS)
  timer.unref()
  return () => clearInterval(timer)
}

function refuseDoubles(handlers: readonly JobHandler[]): void {
  const names = handlers.map((handler) => handler.name)
  const double = names.find((name, index) => names.indexOf(name) !== index)
  if (double) throw new Error(`the job ${double} has two handlers`)
}

/** Queues and timetable as this version of the code wants them. */
async function prepareQueues(boss: PgBoss, handlers: readonly JobHandler[]): Promise<void> {
  const schedules = await boss.getSchedules()
  const gone = schedules.filter(({ name }) => !handlers.some((handler) => handler.name === name && handler.cron))
  await Promise.all([
    ...gone.map(({ name }) => boss.unschedule(name)),
    ...handlers.map(async ({ name, options, cron }) => {
      await ensureQueue(boss, name, options)
      const known = schedules.some((schedule) => schedule.name === name && schedule.cron === cron)
      if (cron && !known) await boss.schedule(name, cron, null, { tz: 'UTC' })
    }),
  ])
}
