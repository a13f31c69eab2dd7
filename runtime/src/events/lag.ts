import type { Pool } from 'pg'
import type { Pipe } from './transport.ts'

/** How many events wait, and for how many seconds the oldest has. */
export interface Waiting {
  readonly count: number
  readonly oldestSeconds: number
}

/** How far behind the events of one service are. */
export interface EventLag {
  /** Committed here, and not yet with every consumer. */
  readonly unpublished: Waiting
  /** Messages with events that lie in the broker for this service; null without a broker, and when it does not answer. */
  readonly inBroker: number | null
  /** Arrived here, and neither handled nor dead. */
  readonly unhandled: Waiting
  /** Given up: somebody must look. */
  readonly dead: number
  /** The pipes that fail at the moment. */
  readonly failing: readonly { readonly pipe: string; readonly since: Date; readonly error: string }[]
}

/** Asks the service's own database, and `between` for what has left the others' and is not here. The figures may be a batch behind. */
export async function readLag(
  pool: Pool,
  pipes: readonly Pipe[],
  between: () => Promise<number | null>,
): Promise<EventLag> {
  const [inBroker, unpublished, inbox, failing] = await Promise.all([
    between(),
    pool.query<WaitingRow>(UNPUBLISHED, [JSON.stringify(pipes.map(({ name, types }) => ({ name, types })))]),
    pool.query<WaitingRow & { dead: string }>(UNHANDLED),
    pool.query<{ pipe: string; since: Date; error: string }>(FAILING, [pipes.map((pipe) => pipe.name)]),
  ])
  return {
    unpublished: toWaiting(unpublished.rows[0]),
    inBroker,
    unhandled: toWaiting(inbox.rows[0]),
    dead: Number(inbox.rows[0]?.dead ?? 0),
    failing: failing.rows,
  }
}

const UNPUBLISHED = `
  with pipe as (
    select pipe.name, pipe.types, coalesce(cursor.position, 0) as position
    from json_to_recordset($1) as pipe (name text, types text[]) left join outbox_cursors as cursor using (name)
  )
  select count(*) as count, extract(epoch from now() - min(created_at))::float8 as seconds
  from (
    select type, position, created_at from outbox where position is null
    union all
    select type, position, created_at from outbox where position > (select min(position) from pipe)
  ) as late
  where exists (select from pipe where late.type = any(pipe.types) and (late.position is null or late.position > pipe.position))`

/** Two questions, because each has an index of its own. */
const UNHANDLED = `
  select count(*) as count, extract(epoch from now() - min(received_at))::float8 as seconds,
    (select count(*) from inbox where status = 'dead') as dead
  from inbox where status = 'waiting'`

const FAILING = `
  select name as pipe, failing_since as since, coalesce(last_error, '') as error
  from outbox_cursors where name = any($1) and failing_since is not null order by name`

interface WaitingRow {
  readonly count: string
  readonly seconds: number | null
}

function toWaiting(row: WaitingRow | undefined): Waiting {
  // An event of a transaction that is younger than this one has a negative age.
  return { count: Number(row?.count ?? 0), oldestSeconds: Math.max(0, row?.seconds ?? 0) }
}
