import type { Pool, PoolClient, QueryResult } from 'pg'
import { z } from 'zod'
import { LANES } from './lanes.ts'

/** The first half of the advisory lock of a lane; the lane is the second. The number has no meaning; it must not change. */
const LANE_LOCK = 721_543_003

/** How much one transaction handles at most: events, and their weight as stored, in bytes. */
export const BATCH_EVENTS = 50
const BATCH_BYTES = 1_000_000

/*
 * All but one of these statements are not prepared, and those that read are written so that only one index has their order. The few
 * rows that wait are at the end of a table of handled ones, and what the planner believes about them is out of date in
 * every burst: with a plan kept from an empty table, or along the primary key, a batch took 65 ms instead of one.
 */

/** The row `event` waits, and neither it nor an earlier one of its key is parked or dead. */
const DUE = `
  event.status = 'waiting' and (
    select true from inbox as blocking
    where blocking.key = event.key and blocking.sequence <= event.sequence
      and (blocking.status = 'dead' or (blocking.status = 'waiting' and blocking.next_attempt_at is not null))
      and (blocking.status = 'dead' or blocking.next_attempt_at > now())
    limit 1) is null`

/** The row `event` is of types that are not for lanes, and has never failed. */
const forMany = (types: string) => `(event.next_attempt_at is null and event.type = any(${types}::text[]))`

/** The lanes that have an event to handle now, other than of `manyTypes`. */
export async function dueLanes(pool: Pool, manyTypes: readonly string[]): Promise<number[]> {
  const { rows } = await pool.query<{ lane: number }>(
    `select lane from generate_series(0, ${LANES - 1}) as lane
     where (
       select true from inbox as event where event.lane = lane.lane and not ${forMany('$1')} and ${DUE} limit 1
     )`,
    [manyTypes],
  )
  return rows.map((row) => row.lane)
}

/** Whether events of these types wait that have never failed. */
export async function hasArrived(pool: Pool, types: readonly string[]): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select from inbox as event where status = 'waiting' and ${forMany('$1')} limit 1`,
    [types],
  )
  return rowCount === 1
}

/** Takes all lanes that no other transaction has, until this one ends, and returns them. */
export async function takeLanes(connection: PoolClient): Promise<number[]> {
  const { rows } = await connection.query<{ lane: number }>(
    `select lane from generate_series(0, ${LANES - 1}) as lane where pg_try_advisory_xact_lock(${LANE_LOCK}, lane)`,
  )
  return rows.map((row) => row.lane)
}

/** How many events are handled together at most. */
const TOGETHER_EVENTS = 500

/** What is needed of events that are handled together. */
export type ArrivedOfType = Pick<Arrived, 'sequence' | 'type' | 'version' | 'data'>

/** The next events of these types in these lanes, those that have failed before left out. */
export async function arrivedOfTypes(
  connection: PoolClient,
  lanes: readonly number[],
  types: readonly string[],
): Promise<ArrivedOfType[]> {
  const { rows } = await connection.query<ArrivedOfType>(
    `select sequence, type, version, data from inbox as event
     where status = 'waiting' and lane = any($2::integer[]) and ${forMany('$1')} limit ${TOGETHER_EVENTS}`,
    [types, lanes],
  )
  return rows
}

/**
 * SQL to begin a transaction with: takes those of the lanes that no other transaction has, until it ends, and sets the
 * savepoint `event`. The events are read in a later statement than the lock, or they would be seen as they were before it.
 */
export function takingLanes(lanes: readonly number[]): string {
  return `select lane from unnest('{${lanes.join(',')}}'::integer[]) as lane
    where pg_try_advisory_xact_lock(${LANE_LOCK}, lane); savepoint event`
}

/** The lanes that `takingLanes` took. */
export function lanesTaken([taken]: readonly QueryResult<Record<string, unknown>>[]): number[] {
  return takenShape.parse(taken?.rows).map(({ lane }) => lane)
}

const takenShape = z.array(z.object({ lane: z.int() }))

/** An event in the inbox, as it is handled. */
export interface Arrived {
  readonly sequence: string
  readonly id: string
  readonly source: string
  readonly type: string
  readonly version: number
  readonly key: string
  readonly occurred_at: Date
  readonly position: string
  readonly correlation_id: string
  readonly causation_id: string | null
  readonly traceparent: string | null
  readonly data: unknown
  readonly attempts: number
  /** The database's clock. */
  readonly at: Date
}

/** The next events of some lanes, and whether they have more that were left out. */
export interface ArrivedBatch {
  readonly events: readonly Arrived[]
  readonly more: boolean
}

/**
 * The next events of these lanes, in order, without those of `manyTypes` and those that wait behind a parked or dead event
 * of their key.
 * Each lane is given as a range, because after `lane = …` the order of the primary key would do as well. With that, and
 * without sequential scans, which `inTransaction` forbids, a plan that is kept is the right one however long the table is.
 * And it is kept, because the planner is not shown what is asked for: it would plan for that anew each time, which took six
 * times as long as finding the events.
 */
export async function nextArrived(
  connection: PoolClient,
  lanes: readonly number[],
  limit: number,
  manyTypes: readonly string[],
): Promise<ArrivedBatch> {
  const { rows } = await connection.query<Arrived & { candidates: string }>({
    name: 'events_next_arrived',
    text: `
      select weighed.*, now() as at
      from (
        select candidate.*, count(*) over () as candidates,
          sum(pg_column_size(data)) over (order by sequence) - pg_column_size(data) as bytes_before
        from (
          select due.*
          from unnest((select $1::smallint[])) as wanted (lane), lateral (
            select sequence, id, source, type, version, key, occurred_at, position, correlation_id, causation_id,
                   traceparent, data, attempts
            from inbox as event
            where lane between wanted.lane and wanted.lane and not ${forMany('(select $3)')} and ${DUE}
            order by lane, sequence limit (select $2::bigint)
          ) as due
          order by sequence limit (select $2::bigint)
        ) as candidate
      ) as weighed
      where bytes_before < ${BATCH_BYTES}
      order by sequence`,
    values: [lanes, limit, manyTypes],
  })
  const candidates = Number(rows[0]?.candidates ?? 0)
  return { events: rows, more: candidates === limit || candidates > rows.length }
}

/** SQL that marks events as handled. Their sequences are numbers that the database gave. */
export function settling(sequences: readonly string[]): string {
  return `update inbox set status = 'handled', handled_at = now(), next_attempt_at = null
    where sequence = any('{${sequences.map(BigInt).join(',')}}'::bigint[])`
}

/** Marks an event as failed once more: to be tried again after so many milliseconds, or dead when undefined. */
export async function postpone(
  connection: Pool | PoolClient,
  sequence: string,
  { error, milliseconds }: { error: string; milliseconds: number | undefined },
): Promise<void> {
  await connection.query(
    `update inbox set attempts = attempts + 1, last_error = $2,
       status = case when $3::float8 is null then 'dead' else 'waiting' end,
       next_attempt_at = clock_timestamp() + $3::float8 * interval '1 millisecond'
     where sequence = $1 and status = 'waiting'`,
    [sequence, error, milliseconds ?? null],
  )
}

/** How many rows one statement of `pruneInbox` looks at. */
const PRUNE_ROWS = 5_000

/** Deletes events that were settled more than so many days ago, the oldest first. Returns how many. */
export async function pruneInbox(pool: Pool, days: number): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from inbox where sequence in (
       select sequence from (select sequence, status, handled_at from inbox order by sequence limit ${PRUNE_ROWS}) as oldest
       where status in ('handled', 'skipped') and handled_at < now() - make_interval(days => $1))`,
    [days],
  )
  return rowCount ?? 0
}
