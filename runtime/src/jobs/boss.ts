import type { QueryResult } from 'pg'
import type { ConstructorOptions } from 'pg-boss'
import { PgBoss } from 'pg-boss'
import type { Database } from '../database.ts'
import type { JobOptions } from './define.ts'

/** Where pg-boss keeps its tables, in the service's own database. */
const SCHEMA = 'pgboss'

/** How long finished jobs can be looked at, in seconds. */
const KEPT_SECONDS = 3 * 86_400

/**
 * pg-boss over the service's pool. It must be started; the first to do so creates its tables, and any number may at once.
 * Without maintenance and cron unless `options` asks for them.
 */
export function createBoss(database: Database, options: Partial<ConstructorOptions>): PgBoss {
  return new PgBoss({
    schema: SCHEMA,
    db: { executeSql: (text, values) => execute(database, text, values) },
    supervise: false,
    schedule: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
    // We use no flows; their poll cannot be turned off.
    flowIntervalSeconds: 3_600,
    ...options,
  })
}

/** Several statements in one text give several results; pg-boss wants their rows in one. */
async function execute({ pool }: Database, text: string, values: unknown[] | undefined): Promise<{ rows: unknown[] }> {
  const result: Result | Result[] = await pool.query(text, values)
  return { rows: [result].flat().flatMap(({ rows }) => rows) }
}

type Result = QueryResult<Record<string, unknown>>

/** Those of these queues that have a job to run now. */
export async function queuesWithJobs({ pool }: Database, names: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select name from unnest($1::text[]) as queue (name)
     where exists (
       select from ${SCHEMA}.job as job
       where job.name = queue.name and job.state < 'active' and not job.blocked and job.start_after <= now()
     )`,
    [names],
  )
  return rows.map(({ name }) => name)
}

/**
 * Makes sure that there is a queue for a type of job, with the options that it has now. Of jobs with one singleton key
 * at most one waits (pg-boss' policy `short`); a policy cannot be changed later.
 */
export async function ensureQueue(boss: PgBoss, name: string, options: Required<JobOptions>): Promise<void> {
  const { retryLimit, retryDelay, retryBackoff, expireInSeconds } = options
  const retryDelayMax = retryBackoff ? options.retryDelayMax : null
  const wanted = { retryLimit, retryDelay, retryBackoff, expireInSeconds, deleteAfterSeconds: KEPT_SECONDS }
  const found = await boss.getQueue(name)
  if (!found) {
    const created = retryDelayMax === null ? wanted : { ...wanted, retryDelayMax }
    return boss.createQueue(name, { ...created, policy: 'short' })
  }
  const same = Object.entries({ ...wanted, retryDelayMax }).every(([option, value]) =>
    Object.entries(found).some(([has, is]) => has === option && is === value),
  )
  if (!same) await boss.updateQueue(name, { ...wanted, retryDelayMax })
}
