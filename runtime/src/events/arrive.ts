import type { Pool, PoolClient } from 'pg'
import { z } from 'zod'
import type { Envelope } from './envelope.ts'
import { LANES } from './lanes.ts'

/** The channel on which an inbox says that something arrived. */
export const ARRIVED = 'inbox'

/** What a notification says at most, in bytes; PostgreSQL allows not quite 8,000. */
const SAID_MAX = 7_000

/**
 * Without a conflict target and without `returning`, so that a role which may only insert can run it. An event that
 * is already there is left alone. The notification commits with the rows; it is never sent from a buyer's transaction.
 * It says in which lanes there is something of which type, so that nobody has to look; nothing when that would be too long.
 */
const ARRIVE = `
  with envelope as materialized (
    select * from json_to_recordset($1::json) as envelope (
      id uuid, source text, type text, dataversion int, partitionkey text, time timestamptz, sequence text,
      correlationid text, causationid text, traceparent text, data jsonb)
  ),
  arrived as (
    insert into inbox (id, source, type, version, key, occurred_at, position, correlation_id, causation_id, traceparent, data)
    select id, source, type, dataversion, partitionkey, time, sequence, correlationid, causationid, traceparent, coalesce(data, 'null')
    from envelope
    on conflict do nothing
  )
  select pg_notify('${ARRIVED}', case when octet_length(said) <= ${SAID_MAX} then said else '' end)
  from (
    select coalesce(jsonb_agg(distinct jsonb_build_array(hashtext(partitionkey) & ${LANES - 1}, type))::text, '') as said
    from envelope
  ) as places`

/** Puts a batch into an inbox in its order, each event once, and wakes the consumer. */
export async function arrive(inbox: Pool | PoolClient, batch: readonly Envelope[]): Promise<void> {
  await inbox.query({ name: 'events_arrive', text: ARRIVE, values: [JSON.stringify(batch)] })
}

/** Something of this type is in this lane. */
export interface ArrivalPlace {
  readonly lane: number
  readonly type: string
}

const lane = z
  .int()
  .min(0)
  .max(LANES - 1)
const said = z.array(z.tuple([lane, z.string()]).transform(([inLane, type]): ArrivalPlace => ({ lane: inLane, type })))

/** What a notification says; undefined when it says nothing, or nothing that we understand: anybody may send one. */
export function readArrival(payload: string | undefined): readonly ArrivalPlace[] | undefined {
  try {
    return payload ? said.parse(JSON.parse(payload)) : undefined
  } catch {
    return undefined
  }
}
