import type { Pool } from 'pg'
import { sequenceText, type Envelope } from './envelope.ts'
import type { Session } from './session.ts'

/** The cursor that says how far the outbox is numbered; the others are named after their pipe. */
const NUMBERED = 'outbox'

/** How much a batch may weigh as stored, in bytes: a published seating plan has megabytes when it is unpacked. */
const BATCH_BYTES = 1_000_000

/**
 * How the session of the relay plans. What it reads is always a few rows at the end of a long table, which the planner
 * does not know while the table is young: it would read all of it, and keep that plan until the next `analyze`.
 * Positions and cursors that a power cut undoes are made again, and what was delivered is known at the other end.
 */
export const SESSION_SETTINGS = `
  set enable_seqscan = off; set enable_bitmapscan = off; set enable_hashjoin = off; set enable_mergejoin = off;
  set synchronous_commit = off`

/** Makes a cursor for the numbering and for each pipe that has none. A new pipe begins where the slowest one stands. */
export async function createCursors(connection: Pick<Session, 'query'>, pipes: readonly string[]): Promise<void> {
  await connection.query(
    `insert into outbox_cursors (name, position)
     select name, coalesce((select min(position) from outbox_cursors where name <> $2), 0)
     from unnest($1::text[]) as name
     on conflict do nothing`,
    [pipes, NUMBERED],
  )
  await connection.query(
    `insert into outbox_cursors (name, position)
     select $1, coalesce((select max(position) from outbox), 0) on conflict do nothing`,
    [NUMBERED],
  )
}

/** How many rows are numbered at once, and how many events go into one batch. */
const NUMBER_ROWS = 500
const BATCH_EVENTS = 200

/**
 * Gives every committed row that has none its position, in the order of `sequence`. Returns the types that now have
 * something to deliver, the keys of those of the `watched` types, and whether there is more to number.
 *
 * A cursor over `sequence` itself would lose events: a row is numbered when it is written and seen when its transaction
 * commits, so a lower number can appear after a higher one was read. What gets a position was seen committed. Of two
 * events where one transaction saw the effects of the other, the earlier has the lower sequence and is seen at the
 * latest together with the later one, so their order is kept.
 *
 * Whether there is a position is asked again in the update, so that two relays that run at the same time by accident
 * number nothing twice; the locked cursor gives them different positions. It is asked in a way that no index answers,
 * because the planner takes those without a position for few, and would compare each of them with each of `fresh`: a
 * second for a backlog of 20,000. Ordered by `position`, which is null in all of them,
 * because only the index that finds them has that order: the primary key has the other, and all published rows before.
 */
export async function numberCommitted(
  connection: Pick<Session, 'query'>,
  watched: readonly string[] = [],
): Promise<Numbered> {
  const { rows } = await connection.query<{
    count: string
    types: string[] | null
    watched: { type: string; key: string }[] | null
  }>({
    name: 'events_number',
    text: `
      with numbered as (select position from outbox_cursors where name = '${NUMBERED}' for update),
      fresh as materialized (
        select sequence, row_number() over (order by sequence) as place
        from (select sequence from outbox where position is null order by position, sequence limit ${NUMBER_ROWS}) as unnumbered
      ),
      placed as (
        update outbox set position = numbered.position + fresh.place
        from fresh, numbered
        where outbox.sequence = fresh.sequence and coalesce(outbox.position, 0) = 0
        returning type, key
      ),
      moved as (
        update outbox_cursors set position = position + (select count(*) from fresh), moved_at = now()
        where name = '${NUMBERED}' and exists (select from fresh)
      )
      select count(*) as count, array_agg(distinct type) as types,
             jsonb_agg(jsonb_build_object('type', type, 'key', key)) filter (where type = any($1::text[])) as watched
      from placed`,
    values: [watched],
  })
  return {
    types: new Set(rows[0]?.types),
    watched: rows[0]?.watched ?? [],
    count: Number(rows[0]?.count),
    more: Number(rows[0]?.count) === NUMBER_ROWS,
  }
}

/** What was numbered. */
export interface Numbered {
  readonly types: ReadonlySet<string>
  readonly watched: readonly { readonly type: string; readonly key: string }[]
  /** How many rows. */
  readonly count: number
  readonly more: boolean
}

/** What a pipe carries next, and the cursor before and after it. Positions are bigints, as text. */
export interface Batch {
  readonly events: readonly Envelope[]
  /** There were others that were left out. */
  readonly more: boolean
  readonly from: string
  readonly to: string
}

/** The next events of these types after the cursor of the pipe, in order; undefined when there are none. */
export async function nextBatch(
  connection: Pick<Session, 'query'>,
  { source, pipe, types }: { source: string; pipe: string; types: readonly string[] },
): Promise<Batch | undefined> {
  const { rows } = await connection.query<OutboxRow & { cursor_position: string; candidates: string }>({
    name: 'events_next_batch',
    text: `
      select cursor.position as cursor_position, weighed.*
      from outbox_cursors as cursor, lateral (
        select candidate.*, count(*) over () as candidates,
          sum(pg_column_size(data)) over (order by position) - pg_column_size(data) as bytes_before
        from (
          select id, type, version, key, created_at, position, correlation_id, causation_id, traceparent, data
          from outbox where position > cursor.position and type = any($2)
          order by position limit ${BATCH_EVENTS}
        ) as candidate
      ) as weighed
      where cursor.name = $1 and bytes_before < ${BATCH_BYTES}
      order by position`,
    values: [pipe, types],
  })
  const first = rows[0]
  const last = rows.at(-1)
  if (!first || !last) return undefined
  const candidates = Number(first.candidates)
  return {
    events: rows.map((row) => toEnvelope(row, source)),
    more: candidates === BATCH_EVENTS || candidates > rows.length,
    from: first.cursor_position,
    to: last.position,
  }
}

interface OutboxRow {
  readonly id: string
  readonly type: string
  readonly version: number
  readonly key: string
  readonly created_at: Date
  readonly position: string
  readonly correlation_id: string | null
  readonly causation_id: string | null
  readonly traceparent: string | null
  readonly data: unknown
}

function toEnvelope(row: OutboxRow, source: string): Envelope {
  return {
    specversion: '1.0',
    id: row.id,
    source,
    type: row.type,
    time: row.created_at.toISOString(),
    datacontenttype: 'application/json',
    dataversion: row.version,
    partitionkey: row.key,
    sequence: sequenceText(row.position),
    correlationid: row.correlation_id ?? row.id,
    ...(row.causation_id === null ? {} : { causationid: row.causation_id }),
    ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
    data: row.data,
  }
}

/**
 * Moves a cursor on, from where it is known to be. False when it was somewhere else: another relay has taken over,
 * or somebody rewound it, and the caller must read it again.
 */
export async function moveCursor(
  connection: Pick<Session, 'query'>,
  pipe: string,
  from: string,
  to: string,
): Promise<boolean> {
  const { rowCount } = await connection.query({
    name: 'events_move_cursor',
    text: `
      update outbox_cursors set position = $3, moved_at = now(), failing_since = null, last_error = null
      where name = $1 and position = $2`,
    values: [pipe, from, to],
  })
  return rowCount === 1
}

/**
 * Moves the cursor of a pipe over the events of other types, so that they can be pruned and need not be read again.
 * Stays where it is when there is something to deliver.
 */
export async function passOver(
  connection: Pick<Session, 'query'>,
  pipe: string,
  types: readonly string[],
): Promise<void> {
  const { rows } = await connection.query<{ from: string; to: string }>({
    name: 'events_pass_over',
    text: `
      select cursor.position as from, numbered.position as to
      from outbox_cursors as cursor, outbox_cursors as numbered
      where cursor.name = $1 and numbered.name = '${NUMBERED}' and cursor.position < numbered.position
        and not exists (
          select from outbox
          where position > cursor.position and position <= numbered.position and type = any($2)
        )`,
    values: [pipe, types],
  })
  if (rows[0]) await moveCursor(connection, pipe, rows[0].from, rows[0].to)
}

/**
 * Has the relay send everything through a pipe once more that was committed since an instant, and is still kept: for a
 * consumer that was restored from a backup of then. It may run meanwhile, and what the consumer knows it ignores.
 * Returns how many events of the outbox come again, of whatever type. Take an instant some minutes before the backup's:
 * an event is older than the transaction in which it arrived.
 */
export async function sendAgain(pool: Pool, pipe: string, since: Date): Promise<number> {
  const { rows } = await pool.query<{ again: string }>(
    `with earlier as (
       update outbox_cursors as cursor
       set position = least(cursor.position, coalesce(
         (select min(outbox.position) - 1 from outbox where outbox.created_at >= $2), cursor.position))
       where name = $1 returning position)
     select count(*) as again from outbox, earlier where outbox.position > earlier.position`,
    [pipe, since],
  )
  return Number(rows[0]?.again ?? 0)
}

/** Writes down that a pipe is blocked, and why, for the lag figures. */
export async function noteFailure(connection: Pick<Session, 'query'>, pipe: string, message: string): Promise<void> {
  await connection.query(
    `update outbox_cursors set failing_since = coalesce(failing_since, now()), last_error = $2 where name = $1`,
    [pipe, message],
  )
}

/** How many rows one statement of `pruneOutbox` deletes at most. */
const PRUNE_ROWS = 5_000

/**
 * Deletes events that are older than so many days and have passed every pipe, the oldest first.
 * Returns how many; while it is more than none there may be others.
 */
export async function pruneOutbox(
  connection: Pick<Session, 'query'>,
  pipes: readonly string[],
  days: number,
): Promise<number> {
  const { rowCount } = await connection.query(
    `delete from outbox where sequence in (
       select sequence
       from (select sequence, position, created_at from outbox order by position limit ${PRUNE_ROWS}) as oldest
       where created_at < now() - make_interval(days => $2)
         and position <= (select coalesce(min(position), 9223372036854775807) from outbox_cursors where name = any($1)))`,
    [pipes, days],
  )
  return rowCount ?? 0
}
