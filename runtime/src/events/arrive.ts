import type { Pool, PoolClient } from 'pg'
import type { Envelope } from './envelope.ts'

/** The channel on which an inbox says that something arrived. */
export const ARRIVED = 'inbox'

/**
 * Without a conflict target and without `returning`, so that a role which may only insert can run it. An event that
 * is already there is left alone. The notification commits with the rows; it is never sent from a buyer's transaction.
 */
const ARRIVE = `
  with arrived as (
    insert into inbox (id, source, type, version, key, occurred_at, position, correlation_id, causation_id, traceparent, data)
    select id, source, type, dataversion, partitionkey, time, sequence, correlationid, causationid, traceparent, coalesce(data, 'null')
    from json_to_recordset($1::json) as envelope (
      id uuid, source text, type text, dataversion int, partitionkey text, time timestamptz, sequence text,
      correlationid text, causationid text, traceparent text, data jsonb)
    on conflict do nothing
  )
  select pg_notify('${ARRIVED}', '')`

/** Puts a batch into an inbox in its order, each event once, and wakes the consumer. */
export async function arrive(inbox: Pool | PoolClient, batch: readonly Envelope[]): Promise<void> {
  await inbox.query({ name: 'events_arrive', text: ARRIVE, values: [JSON.stringify(batch)] })
}
