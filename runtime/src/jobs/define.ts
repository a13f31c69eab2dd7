import type { z } from 'zod'

/** How jobs of one type are run and tried again. */
export interface JobOptions {
  /** How often a failed job is tried again; 10 unless said. After that it is `failed` and stays to be looked at. */
  readonly retryLimit?: number
  /** Seconds before the first retry; 1 unless said. */
  readonly retryDelay?: number
  /** Whether the pause doubles from retry to retry; true unless said. */
  readonly retryBackoff?: boolean
  /** The longest pause between retries, in seconds; 600 unless said. */
  readonly retryDelayMax?: number
  /**
   * How long one attempt may take, in seconds; 30 unless said. Then its signal is aborted and the attempt has failed.
   * So long a job also waits when its process was killed in the middle.
   */
  readonly expireInSeconds?: number
  /** How many are run at once by one instance; 20 unless said. */
  readonly concurrency?: number
}

/** Something to be done outside of transactions, once its transaction has committed: now, or at a time. */
export interface JobType<Data = unknown> {
  /** The name of its queue: `<noun>.<verb>`. */
  readonly name: string
  /** What its data must look like; checked when it is sent and again before it is run. */
  readonly shape: z.ZodType<Data>
  readonly options: Required<JobOptions>
}

const DEFAULTS: Required<JobOptions> = {
  retryLimit: 10,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 600,
  expireInSeconds: 30,
  concurrency: 20,
}

/** Declares a type of job. Its name and shape are as durable as a table: jobs of yesterday are run by the code of today. */
export function defineJob<Shape extends z.ZodType>(
  name: string,
  shape: Shape,
  options: JobOptions = {},
): JobType<z.infer<Shape>> {
  return { name, shape: shape as z.ZodType<z.infer<Shape>>, options: { ...DEFAULTS, ...options } }
}

/** What a handler knows about its run. */
export interface JobRun {
  /** The job's id, the same in every attempt: the idempotency key for what is called outside. */
  readonly id: string
  /** Counted from 1. */
  readonly attempt: number
  /** Aborted when the attempt takes too long, or the process stops and does not wait any longer. */
  readonly signal: AbortSignal
}

/** What this service does about one type of job, or at certain times. */
export interface JobHandler {
  readonly name: string
  /** When it is run without being sent: five fields of cron, in UTC. */
  readonly cron?: string
  readonly options: Required<JobOptions>
  readonly run: (payload: unknown, run: JobRun) => Promise<unknown>
}

/**
 * Handles a type of job. The handler runs outside of any transaction and at least once: what it does twice must be
 * the same as once. When it throws, the job is tried again.
 */
export function job<Data>(type: JobType<Data>, handler: (data: Data, run: JobRun) => Promise<unknown>): JobHandler {
  return {
    name: type.name,
    options: type.options,
    run: (payload, run) => handler(type.shape.parse(payload), run),
  }
}

/**
 * Runs the handler at the times of a cron expression (five fields, UTC), in one instance of the service, a few seconds
 * late at most. Times that pass while the service is down are left out. A run that fails is not tried again before the
 * next time, and two runs may overlap when one takes longer than the interval.
 */
export function cron(name: string, expression: string, handler: (run: JobRun) => Promise<unknown>): JobHandler {
  return {
    name,
    cron: expression,
    options: { ...DEFAULTS, retryLimit: 0, expireInSeconds: 300, concurrency: 1 },
    run: (_payload, run) => handler(run),
  }
}
