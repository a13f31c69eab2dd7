import type { Transaction } from '@tikitu/runtime/database'
import { sql } from 'drizzle-orm'

/** The advisory lock of the instance that counts. The number has no meaning; it must not change. */
const DEMAND_LOCK = 7_215_430_102

/** Makes this instance the one that counts, until the transaction ends; false when another one does. */
export async function takeDemandTurn(tx: Transaction): Promise<boolean> {
  const { rows } = await tx.execute<{ taken: boolean }>(sql`select pg_try_advisory_xact_lock(${DEMAND_LOCK}) as taken`)
  return rows[0]?.taken ?? false
}

/**
 * Counts anew what is sold of the events of which something was sold or given back since the last time, by at most so
 * many facts of the outbox; returns how many facts those were. Half of what a ticket is worth for popularity is gone a
 * week after it was sold: counted the other way round, a ticket of the next week is worth twice as much, so that the
 * figure of an event of which nothing is sold any more need not be written again.
 */
export async function countSold(tx: Transaction, factsMax: number): Promise<number> {
  const { rows } = await tx.execute<{ facts: number }>(sql`
    with fact as materialized (
      select o.position, case when o.type in ('booking.confirmed', 'booking.cancelled') then (o.data ->> 'eventId')::uuid end as event_id
        from outbox o
       where o.position > (select position from demand_progress where id = 1)
       order by o.position
       limit ${factsMax}
    ), counted as (
      select touched.event_id, sum(b.quantity) filter (where b.channel = 'PUBLIC') as sold,
             ln(1 + coalesce(sum(b.quantity * power(2::float8,
               extract(epoch from b.confirmed_at - timestamptz '2026-01-01')::float8 / 604800)), 0)) / ln(2::float8) as popularity
        from (select distinct event_id from fact where event_id is not null) as touched
        left join bookings b
          on b.event_id = touched.event_id and b.reference is not null and b.status in ('CONFIRMED', 'COMPLETED')
       group by touched.event_id
    ), written as (
      update event_listings l
         set sold = coalesce(c.sold, 0), popularity = c.popularity
        from counted c
       where l.event_id = c.event_id
         and (l.sold, l.popularity) is distinct from (coalesce(c.sold, 0), c.popularity)
    ), moved as (
      update demand_progress set position = (select max(position) from fact)
       where id = 1 and exists (select from fact)
    )
    select count(*)::integer as facts from fact`)
  return rows[0]?.facts ?? 0
}

/** Counts anew what is held or waits for money, of all events at once: there are only as many such bookings as people who buy now. */
export async function countHeld(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    with holder as materialized (
      select event_id, sum(quantity)::integer as held
        from (
          select event_id, quantity from bookings
           where status in ('HELD', 'PENDING') and ticket_type_id is null and expires_at > now() and channel = 'PUBLIC'
          union all
          select event_id, quantity from bookings
           where status in ('HELD', 'PENDING') and ticket_type_id is not null and expires_at > now() and channel = 'PUBLIC'
        ) as live
       group by event_id
    ), counted as (
      select event_id, held from holder
      union all
      select held_before, 0
        from demand_progress d
       cross join unnest(d.holding) as held_before
       where d.id = 1 and held_before not in (select event_id from holder)
    ), written as (
      update event_listings l set held = c.held from counted c where l.event_id = c.event_id and l.held <> c.held
    )
    update demand_progress set holding = array(select event_id from holder order by event_id)
     where id = 1 and holding <> array(select event_id from holder order by event_id)`)
}
