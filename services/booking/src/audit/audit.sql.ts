import { sql } from 'drizzle-orm'
import type { Queryable } from '@tikitu/runtime/database'

/** One thing that must never be, and how often it is. */
export interface Finding {
  readonly invariant: string
  readonly violations: number
}

/** Counts, in one statement and so at one moment, what must never be. */
export async function inventoryFindings(db: Queryable): Promise<Finding[]> {
  const { rows } = await db.execute<{ invariant: string; violations: number }>(sql`
    with live as materialized (
      select b.id, b.event_id, seat_no
        from bookings b cross join unnest(b.seat_nos) as seat_no
       where b.status in ('CONFIRMED', 'COMPLETED') or (b.status in ('HELD', 'PENDING') and b.expires_at > now())
    )
    select 1 as no, 'a seat in two live bookings' as invariant, count(*)::integer as violations
      from (select from live group by event_id, seat_no having count(*) > 1) as twice

    union all
    select 2, 'a live booking whose seat names another booking', count(*)::integer
      from live l
      left join event_seats s on s.event_id = l.event_id and s.seat_no = l.seat_no
     where s.booking_id is distinct from l.id

    union all
    select 3, 'a sold seat without a confirmed booking', count(*)::integer
      from event_seats s
     where s.expires_at = 'infinity'
       and not exists (
         select from bookings b
          where b.id = s.booking_id and b.status in ('CONFIRMED', 'COMPLETED') and s.seat_no = any (b.seat_nos)
       )

    union all
    select 4, 'a held seat that names no held booking', count(*)::integer
      from event_seats s
     where s.expires_at > now() and s.expires_at < 'infinity'
       and not exists (
         select from bookings b
          where b.id = s.booking_id and b.status in ('HELD', 'PENDING') and s.seat_no = any (b.seat_nos)
       )

    union all
    select 5, 'a capacity that is not what is available and what is taken', count(*)::integer
      from admission_stock a
     where a.capacity <> a.available + (
         select coalesce(sum(b.quantity), 0)
           from bookings b
          where b.event_id = a.event_id
            and b.ticket_type_id = a.ticket_type_id
            and b.status in ('HELD', 'PENDING', 'CONFIRMED', 'COMPLETED')
       )

    union all
    select 6, 'a confirmed booking without its number of tickets', count(*)::integer
      from bookings b
     where b.status in ('CONFIRMED', 'COMPLETED')
       and b.quantity <> (select count(*) from tickets t where t.booking_id = b.id and t.status <> 'CANCELLED')

    union all
    -- What was kept by the policy of the purchase has neither, and goodwill and single tickets go back beside tickets.
    select 7, 'a payment with neither tickets nor a refund, or with both', count(*)::integer
      from booking_payments p
      join bookings b on b.id = p.booking_id
     cross join lateral (
       select coalesce(sum(r.amount) filter (where r.status <> 'REJECTED'), 0) as promised,
              count(*) filter (where r.kind in ('WHOLE', 'REST')) > 0 as whole
         from booking_refunds r where r.payment_id = p.payment_id
     ) as back
     cross join lateral (
       select bool_or(d.status = 'OPEN') as decides, sum(d.lost) as lost
         from booking_disputes d where d.booking_id = b.id and d.payment_id = p.payment_id
     ) as bank
     where p.promised <> back.promised
        or case
             when p.outcome = 'REFUND' then p.promised <> p.amount
             when b.status in ('CONFIRMED', 'COMPLETED') then back.whole
             when b.status = 'CANCELLED' then p.promised = 0 and coalesce((b.policy ->> 'refundBasisPoints')::integer, 1) > 0
             when b.status = 'CHARGEBACK' then not coalesce(bank.decides, true)
                  and p.amount > p.promised + bank.lost
             else p.promised = 0 and coalesce(bank.lost, 0) = 0
           end

    union all
    select 8, 'a confirmed booking without exactly one good payment, or a free one with any', count(*)::integer
      from bookings b
     where b.status in ('CONFIRMED', 'COMPLETED')
       and (case when b.total > 0 then 1 else 0 end)
        <> (select count(*) from booking_payments p where p.booking_id = b.id and p.outcome = 'TICKETS')

    union all
    select 9, 'a live ticket of a booking that is not confirmed', count(*)::integer
      from tickets t
      join bookings b on b.id = t.booking_id
     where t.status in ('ACTIVE', 'USED') and b.status not in ('CONFIRMED', 'COMPLETED')

    union all
    -- Who bought by a limit that was lowered since keeps the tickets.
    select 10, 'a buyer with more live tickets of an event than the event ever allowed', count(*)::integer
      from (
        select
          from bookings b
          join events e on e.id = b.event_id
         where b.channel = 'PUBLIC'
           and (b.status in ('CONFIRMED', 'COMPLETED') or (b.status in ('HELD', 'PENDING') and b.expires_at > now()))
         group by e.id, b.user_id
        having sum(b.quantity) > e.max_tickets_ever
      ) as greedy
     order by no`)
  return rows.map(({ invariant, violations }) => ({ invariant, violations }))
}
