-- Taking seats and general admission. One call is one transaction and one round trip; what it answers is decided here,
-- and services/booking/src/holds puts it into words.
--
-- Locks are taken in this order everywhere: the buyer, the stock of a ticket type, bookings, hints of rows, seats. Seats
-- that are wanted are locked with SKIP LOCKED and never waited for.
--
-- Nothing here notifies: that was measured to cut the rate to a third. The caller wakes the relay after the commit.

-- What every wish for a hold has in common.
create type hold_wish as (
  event_id uuid,
  user_id uuid,
  idempotency_key text,
  request_hash text,
  seats_per_hold integer,
  holds_per_buyer integer,
  hold_seconds integer,
  correlation_id text,
  traceparent text
);

-- HELD, REPEATED (the first answer again), BUSY (ask again), or the name of a refusal and its facts.
create type hold_answer as (
  outcome text,
  facts jsonb,
  id uuid,
  event_id uuid,
  expires_at timestamptz,
  seat_nos integer[],
  lines jsonb,
  total bigint,
  currency text,
  partner_id uuid
);

-- As events carry instants.
create function iso_instant(at timestamptz) returns text
language sql stable strict parallel safe
return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- How many tickets and open holds of an event a buyer has. What has run out does not count, swept or not.
create function tickets_of_buyer(of_event uuid, of_user uuid, out tickets integer, out holds integer)
language plpgsql stable as $$
begin
  select coalesce(sum(quantity), 0), count(*) filter (where status = 'HELD')
    into tickets, holds
    from bookings
   where event_id = of_event
     and user_id = of_user
     and (status in ('CONFIRMED', 'COMPLETED') or (status in ('HELD', 'PENDING') and expires_at > now()));
end $$;

-- When a hold that begins now ends. To the millisecond, as everybody is told, so that seats, stock and booking agree.
create function hold_ends(hold_seconds integer) returns timestamptz
language sql stable strict parallel safe
return date_trunc('milliseconds', now()) + make_interval(secs => hold_seconds);

-- An event and whether it is on sale now: published, by a partner that may sell, while its sales are open. All null
-- when there is no such event. Its id is the only condition, so that no plan can look for it by anything else.
create function event_on_sale(
  of_event uuid,
  out status text,
  out partner_id uuid,
  out currency text,
  out sales_open_at timestamptz,
  out sales_close_at timestamptz,
  out max_tickets_per_buyer integer,
  out is_on_sale boolean
)
language plpgsql stable as $$
begin
  select e.status, e.partner_id, e.currency, e.sales_open_at, e.sales_close_at, e.max_tickets_per_buyer,
         e.status = 'PUBLISHED' and p.status = 'VERIFIED' and e.sales_open_at <= now() and e.sales_close_at > now()
    into status, partner_id, currency, sales_open_at, sales_close_at, max_tickets_per_buyer, is_on_sale
    from events e
    left join partners p on p.partner_id = e.partner_id
   where e.id = of_event;
end $$;

-- May this buyer hold so many tickets of this event now? Says nothing about what is left. The outcome is null when yes.
create function admit_hold(wish hold_wish, quantity integer) returns hold_answer
language plpgsql as $$
declare
  answer hold_answer;
  event record;
  known record;
  now_has record;
begin
  event := event_on_sale(wish.event_id);
  if event.status is null or event.status = 'DRAFT' then
    answer.outcome := 'EventNotFound';
    return answer;
  end if;
  answer.partner_id := event.partner_id;
  answer.currency := event.currency;

  -- One wish of a buyer at a time. Without this, a repetition that overtakes its first attempt finds the seats locked
  -- and is told that they are taken, and wishes side by side each stay below a limit that they exceed together. What
  -- the lock protects is read in later statements, because a statement sees what was committed when it began.
  perform pg_advisory_xact_lock(hashtextextended(wish.user_id::text, 1));

  select id, request_hash, expires_at, seat_nos, lines, total, currency
    into known
    from bookings
   where user_id = wish.user_id and idempotency_key = wish.idempotency_key;
  if found then
    if known.request_hash <> wish.request_hash then
      answer.outcome := 'IdempotencyKeyReused';
      return answer;
    end if;
    answer.outcome := 'REPEATED';
    answer.id := known.id;
    answer.event_id := wish.event_id;
    answer.expires_at := known.expires_at;
    answer.seat_nos := known.seat_nos;
    answer.lines := known.lines;
    answer.total := known.total;
    answer.currency := known.currency;
    return answer;
  end if;

  if event.is_on_sale is not true then
    answer.outcome := 'SalesClosed';
    answer.facts := jsonb_build_object('opensAt', event.sales_open_at, 'closesAt', event.sales_close_at);
    return answer;
  end if;

  if quantity not between 1 and wish.seats_per_hold then
    answer.outcome := 'QuantityOutOfRange';
    answer.facts := jsonb_build_object('min', 1, 'max', wish.seats_per_hold);
    return answer;
  end if;

  now_has := tickets_of_buyer(wish.event_id, wish.user_id);
  if now_has.tickets + quantity > event.max_tickets_per_buyer or now_has.holds >= wish.holds_per_buyer then
    answer.outcome := 'BuyerLimitReached';
    answer.facts := jsonb_build_object(
      'ticketsMax', event.max_tickets_per_buyer, 'ticketsNow', now_has.tickets,
      'holdsMax', wish.holds_per_buyer, 'holdsNow', now_has.holds);
  end if;
  return answer;
end $$;

-- Writes the hold. `answer` is what admit_hold gave; lines, total, and the seats or the ticket type are in it by now.
create function record_hold(wish hold_wish, inout answer hold_answer, quantity integer, of_ticket_type uuid)
language plpgsql as $$
begin
  answer.expires_at := hold_ends(wish.hold_seconds);
  insert into bookings (
    event_id, partner_id, user_id, idempotency_key, request_hash,
    quantity, ticket_type_id, seat_nos, lines, total, currency, expires_at
  )
  values (
    wish.event_id, answer.partner_id, wish.user_id, wish.idempotency_key, wish.request_hash,
    quantity, of_ticket_type, answer.seat_nos, answer.lines, answer.total, answer.currency, answer.expires_at
  )
  returning id into answer.id;
  answer.event_id := wish.event_id;
  answer.outcome := 'HELD';
end $$;

-- Publishes booking.held, in the shape of schema/src/events/booking.ts.
create function announce_hold(wish hold_wish, answer hold_answer, quantity integer) returns void
language plpgsql as $$
begin
  insert into outbox (type, key, data, correlation_id, traceparent)
  values (
    'booking.held',
    answer.id::text,
    jsonb_build_object(
      'holdId', answer.id,
      'userId', wish.user_id,
      'eventId', wish.event_id,
      'partnerId', answer.partner_id,
      'seats', quantity,
      'expiresAt', iso_instant(answer.expires_at),
      'total', jsonb_build_object('amount', answer.total, 'currency', answer.currency)),
    wish.correlation_id,
    wish.traceparent
  );
end $$;

-- Reserves these seats of the event, which must exist, or none of them.
create function hold_seats(wish hold_wish, wanted integer[]) returns hold_answer
language plpgsql
-- `= any (array)` is planned anew at each call otherwise, and a plan made while the table was empty stays for ever.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off as $$
declare
  answer hold_answer;
  quantity integer := cardinality(wanted);
  got integer[];
  types smallint[];
  refused integer[];
begin
  answer := admit_hold(wish, quantity);
  if answer.outcome is not null then
    return answer;
  end if;

  select array_agg(seat_no), array_agg(ticket_type_no)
    into got, types
    from (
      select seat_no, ticket_type_no
        from event_seats
       where event_id = wish.event_id
         and seat_no = any (wanted)
         and ticket_type_no is not null
         and expires_at <= now()
         for update skip locked
    ) as locked;
  if got is null or cardinality(got) < quantity then
    select array_agg(seat_no)
      into refused
      from event_seats
     where event_id = wish.event_id and seat_no = any (wanted) and ticket_type_no is null;
    if refused is not null then
      answer.outcome := 'SeatsUnknown';
    else
      answer.outcome := 'SeatsTaken';
      refused := array(select unnest(wanted) except select unnest(got));
    end if;
    answer.facts := jsonb_build_object('seatNos', refused);
    return answer;
  end if;

  select jsonb_agg(
           jsonb_build_object('ticketTypeId', t.id, 'quantity', c.seats, 'unitPrice', t.price) order by t.no),
         sum(c.seats * t.price),
         (jsonb_agg(
           jsonb_build_object('min', t.min_per_booking, 'max', least(t.max_per_booking, wish.seats_per_hold)) order by t.no
         ) filter (where c.seats not between t.min_per_booking and t.max_per_booking)) -> 0
    into answer.lines, answer.total, answer.facts
    from (select type_no, count(*) as seats from unnest(types) as type_no group by type_no) as c
    join ticket_types t on t.event_id = wish.event_id and t.no = c.type_no;
  if answer.facts is not null then
    answer.outcome := 'QuantityOutOfRange';
    return answer;
  end if;

  answer.seat_nos := wanted;
  answer := record_hold(wish, answer, quantity, null);
  update event_seats
     set booking_id = answer.id, expires_at = answer.expires_at
   where event_id = wish.event_id and seat_no = any (wanted);
  perform announce_hold(wish, answer, quantity);
  return answer;
end $$;
