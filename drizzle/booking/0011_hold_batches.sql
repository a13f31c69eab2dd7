-- Many wishes for one event in one transaction, so that round trips and commits are paid once for all of them. Each is
-- answered as hold_seats, hold_general_admission or hold_best_available would answer it alone; what is not the plain
-- case is given to them.
--
-- A transaction of many never waits for a buyer, because others may be waiting for what it has: the wish of a buyer who
-- is at work elsewhere is answered ALONE, and has to be asked singly.

-- The answer to the wish of this number, counted from 1.
create type numbered_hold_answer as (
  no integer,
  outcome text,
  facts jsonb,
  id uuid,
  event_id uuid,
  expires_at timestamptz,
  seat_nos integer[],
  lines jsonb,
  total bigint,
  currency text
);

create function number_answer(no integer, answer hold_answer) returns numbered_hold_answer
language plpgsql immutable as $$
begin
  return row(no, answer.outcome, answer.facts, answer.id, answer.event_id, answer.expires_at, answer.seat_nos,
             answer.lines, answer.total, answer.currency)::numbered_hold_answer;
end $$;

-- Locks the buyers of wishes, as far as nobody else is at work for them, and returns the numbers of those wishes.
create function lock_buyers(users uuid[]) returns integer[]
language plpgsql as $$
begin
  return array(
    select no::integer
      from unnest(users) with ordinality as buyer (user_id, no)
     where pg_try_advisory_xact_lock(hashtextextended(user_id::text, 1))
  );
end $$;

-- The wishes of a batch that are not in `nos`.
create function alone_answers(wishes integer, nos integer[]) returns setof numbered_hold_answer
language plpgsql immutable as $$
begin
  if cardinality(nos) < wishes then
    return query
      select no, 'ALONE', null::jsonb, null::uuid, null::uuid, null::timestamptz, null::integer[], null::jsonb,
             null::bigint, null::text
        from generate_series(1, wishes) as no
       where no <> all (nos);
  end if;
end $$;

-- Reserves chosen seats. The seats of wish n are those of `wanted` up to number ends[n], from where wish n - 1 ended.
create function hold_seats_together(
  of_event uuid,
  seats_per_hold integer,
  holds_per_buyer integer,
  hold_seconds integer,
  users uuid[],
  keys text[],
  hashes text[],
  correlations text[],
  traces text[],
  wanted integer[],
  ends integer[]
)
returns setof numbered_hold_answer
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off as $$
declare
  until timestamptz := hold_ends(hold_seconds);
  event record;
  type record;
  type_ids uuid[];
  prices bigint[];
  mins integer[];
  maxs integer[];
  pending integer[];
  seen record;
  number integer;
  -- Of the wishes that are looked at.
  buyers_seen uuid[];
  seats_seen integer[];
  later integer[];
  singles integer[] := '{}';
  -- Of those that can be fulfilled.
  takers integer[];
  taker_types smallint[];
  taker_seats integer[];
  locked integer[];
  ids uuid[];
begin
  pending := lock_buyers(users);
  return query select * from alone_answers(cardinality(users), pending);

  event := event_on_sale(of_event);
  for type in
    select no, t.id, price, min_per_booking, max_per_booking from ticket_types t where t.event_id = of_event
  loop
    type_ids[type.no] := type.id;
    prices[type.no] := type.price;
    mins[type.no] := type.min_per_booking;
    maxs[type.no] := least(type.max_per_booking, seats_per_hold);
  end loop;

  -- Those who want the same seat, and wishes of the same buyer, are looked at one after the other: the second time
  -- what the first has got is taken. More than so often is not worth it.
  for turn in 1..3 loop
    exit when pending = '{}';
    buyers_seen := '{}';
    seats_seen := '{}';
    later := '{}';
    takers := '{}';
    taker_types := '{}';
    taker_seats := '{}';

    -- Nothing is locked for those who cannot be helped: in a sell-out that is almost everybody.
    for seen in
      select wish.no, wish.seats, cardinality(wish.seats) as quantity, seat.free, seat.taken, seat.unknown,
             seat.type_first, seat.type_last, buyer.tickets, buyer.holds,
             exists (
               select from bookings b where b.user_id = users[wish.no] and b.idempotency_key = keys[wish.no]
             ) as is_known
        from (select no, wanted[coalesce(ends[no - 1], 0) + 1 : ends[no]] as seats from unnest(pending) as no) as wish
        cross join lateral (
          select count(*) filter (where e.expires_at <= now()) as free,
                 array_agg(e.seat_no) filter (where e.expires_at > now()) as taken,
                 count(*) filter (where e.ticket_type_no is null) as unknown,
                 min(e.ticket_type_no) as type_first,
                 max(e.ticket_type_no) as type_last
            from event_seats e
           where e.event_id = of_event and e.seat_no = any (wish.seats)
        ) as seat
        cross join lateral tickets_of_buyer(of_event, users[wish.no]) as buyer
    loop
      if users[seen.no] = any (buyers_seen) or seen.seats && seats_seen then
        later := later || seen.no;
        continue;
      end if;
      buyers_seen := buyers_seen || users[seen.no];
      seats_seen := seats_seen || seen.seats;

      if event.is_on_sale is not true
        or seen.is_known
        or seen.quantity not between 1 and seats_per_hold
        or seen.tickets + seen.quantity > event.max_tickets_per_buyer
        or seen.holds >= holds_per_buyer
        or seen.unknown > 0
      then
        singles := singles || seen.no;
      elsif seen.taken is not null then
        return next row(seen.no, 'SeatsTaken', jsonb_build_object('seatNos', seen.taken),
                        null, null, null, null, null, null, null)::numbered_hold_answer;
      elsif seen.free < seen.quantity
        or seen.type_first <> seen.type_last
        or seen.quantity not between mins[seen.type_first] and maxs[seen.type_first]
      then
        singles := singles || seen.no;
      else
        takers := takers || seen.no;
        taker_types := taker_types || seen.type_first;
        taker_seats := taker_seats || seen.seats;
      end if;
    end loop;
    pending := later;
    continue when takers = '{}';

    locked := array(
      select seat_no
        from event_seats
       where event_id = of_event and seat_no = any (taker_seats) and expires_at <= now() and ticket_type_no is not null
         for update skip locked
    );
    if cardinality(locked) < cardinality(taker_seats) then
      -- Somebody outside this batch was quicker, with some of them.
      singles := singles || takers;
      continue;
    end if;

    ids := array(select uuidv7() from unnest(takers));
    update event_seats e
       set booking_id = t.id, expires_at = until
      from (
        select id, unnest(wanted[coalesce(ends[no - 1], 0) + 1 : ends[no]]) as seat_no
          from unnest(takers, ids) as taker (no, id)
      ) as t
     where e.event_id = of_event and e.seat_no = t.seat_no;
    get diagnostics number = row_count;
    if number <> cardinality(taker_seats) then
      raise exception 'of % seats % were taken', cardinality(taker_seats), number;
    end if;

    return query
      with wish as materialized (
        select t.no, t.id, t.seats, cardinality(t.seats) as quantity,
               jsonb_build_array(jsonb_build_object(
                 'ticketTypeId', type_ids[t.type_no], 'quantity', cardinality(t.seats), 'unitPrice', prices[t.type_no])) as lines,
               cardinality(t.seats) * prices[t.type_no] as total
          from (
            select no, type_no, id, wanted[coalesce(ends[no - 1], 0) + 1 : ends[no]] as seats
              from unnest(takers, taker_types, ids) as taker (no, type_no, id)
          ) as t
      ), held as (
        insert into bookings (
          id, event_id, partner_id, user_id, idempotency_key, request_hash,
          quantity, seat_nos, lines, total, currency, expires_at
        )
        select w.id, of_event, event.partner_id, users[w.no], keys[w.no], hashes[w.no],
               w.quantity, w.seats, w.lines, w.total, event.currency, until
          from wish w
      ), told as (
        insert into outbox (type, key, data, correlation_id, traceparent)
        select 'booking.held',
               w.id::text,
               jsonb_build_object(
                 'holdId', w.id,
                 'userId', users[w.no],
                 'eventId', of_event,
                 'partnerId', event.partner_id,
                 'seats', w.quantity,
                 'expiresAt', iso_instant(until),
                 'total', jsonb_build_object('amount', w.total, 'currency', event.currency)),
               correlations[w.no],
               traces[w.no]
          from wish w
      )
      select w.no, 'HELD', null::jsonb, w.id, of_event, until, w.seats, w.lines, w.total, event.currency
        from wish w;
  end loop;

  foreach number in array singles || pending loop
    return next number_answer(number, hold_seats(
      row(of_event, users[number], keys[number], hashes[number], seats_per_hold, holds_per_buyer, hold_seconds,
          correlations[number], traces[number])::hold_wish,
      wanted[coalesce(ends[number - 1], 0) + 1 : ends[number]]));
  end loop;
end $$;

-- Reserves units of one general-admission type.
create function hold_units_together(
  of_event uuid,
  seats_per_hold integer,
  holds_per_buyer integer,
  hold_seconds integer,
  users uuid[],
  keys text[],
  hashes text[],
  correlations text[],
  traces text[],
  of_ticket_type uuid,
  quantities integer[]
)
returns setof numbered_hold_answer
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off as $$
declare
  until timestamptz := hold_ends(hold_seconds);
  event record;
  type record;
  stock record;
  idle integer[];
  pending integer[];
  seen record;
  number integer;
  buyers_seen uuid[] := '{}';
  singles integer[] := '{}';
  takers integer[] := '{}';
  units integer := 0;
begin
  select t.price, t.min_per_booking, least(t.max_per_booking, seats_per_hold) as max_per_booking, s.available, s.next_due
    into type
    from ticket_types t
    join admission_stock s on s.ticket_type_id = t.id
   where t.id = of_ticket_type and t.event_id = of_event and not t.seated;
  event := event_on_sale(of_event);
  pending := array(select generate_series(1, cardinality(users)));

  -- As in hold_general_admission: what almost everybody is told in the end takes no lock and writes nothing.
  if event.is_on_sale and type.next_due > now() and type.available < (select max(q) from unnest(quantities) as q) then
    pending := '{}';
    for seen in
      select w.no, w.quantity,
             exists (select from bookings b where b.user_id = w.user_id and b.idempotency_key = w.key) as is_known
        from unnest(users, keys, quantities) with ordinality as w (user_id, key, quantity, no)
    loop
      if seen.quantity > type.available
        and seen.quantity between type.min_per_booking and type.max_per_booking
        and not seen.is_known
      then
        return next row(seen.no, 'SoldOut', jsonb_build_object('available', type.available),
                        null, null, null, null, null, null, null)::numbered_hold_answer;
      else
        pending := pending || seen.no::integer;
      end if;
    end loop;
    if pending = '{}' then
      return;
    end if;
  end if;

  idle := lock_buyers(users);
  return query
    select * from alone_answers(cardinality(users), idle) as answer where answer.no = any (pending);
  pending := array(select no from unnest(pending) as no where no = any (idle));

  if type.price is null or event.is_on_sale is not true then
    singles := pending;
    pending := '{}';
  end if;
  if pending <> '{}' then
    select coalesce(sum(quantities[no]), 0) into units from unnest(pending) as no;
    loop
      select available, next_due into stock from admission_stock where ticket_type_id = of_ticket_type;
      exit when stock.available >= units or stock.next_due > now();
      exit when expire_admission(of_ticket_type, 500) = 0;
    end loop;
    select available into stock from admission_stock where ticket_type_id = of_ticket_type for update;
    units := 0;

    for seen in
      select wish.no, quantities[wish.no] as quantity, buyer.tickets, buyer.holds,
             exists (
               select from bookings b where b.user_id = users[wish.no] and b.idempotency_key = keys[wish.no]
             ) as is_known
        from unnest(pending) as wish (no)
        cross join lateral tickets_of_buyer(of_event, users[wish.no]) as buyer
    loop
      if users[seen.no] = any (buyers_seen)
        or seen.is_known
        or seen.quantity not between type.min_per_booking and type.max_per_booking
        or seen.tickets + seen.quantity > event.max_tickets_per_buyer
        or seen.holds >= holds_per_buyer
        or units + seen.quantity > stock.available
      then
        singles := singles || seen.no;
      else
        takers := takers || seen.no;
        units := units + seen.quantity;
      end if;
      buyers_seen := buyers_seen || users[seen.no];
    end loop;
  end if;

  if takers <> '{}' then
    update admission_stock
       set available = available - units, next_due = least(next_due, until)
     where ticket_type_id = of_ticket_type;
    return query
      with wish as materialized (
        select no, uuidv7() as id, quantities[no] as quantity,
               jsonb_build_array(jsonb_build_object(
                 'ticketTypeId', of_ticket_type, 'quantity', quantities[no], 'unitPrice', type.price)) as lines,
               quantities[no] * type.price as total
          from unnest(takers) as no
      ), held as (
        insert into bookings (
          id, event_id, partner_id, user_id, idempotency_key, request_hash,
          quantity, ticket_type_id, lines, total, currency, expires_at
        )
        select w.id, of_event, event.partner_id, users[w.no], keys[w.no], hashes[w.no],
               w.quantity, of_ticket_type, w.lines, w.total, event.currency, until
          from wish w
      ), told as (
        insert into outbox (type, key, data, correlation_id, traceparent)
        select 'booking.held',
               w.id::text,
               jsonb_build_object(
                 'holdId', w.id,
                 'userId', users[w.no],
                 'eventId', of_event,
                 'partnerId', event.partner_id,
                 'seats', w.quantity,
                 'expiresAt', iso_instant(until),
                 'total', jsonb_build_object('amount', w.total, 'currency', event.currency)),
               correlations[w.no],
               traces[w.no]
          from wish w
      )
      select w.no, 'HELD', null::jsonb, w.id, of_event, until, null::integer[], w.lines, w.total, event.currency
        from wish w;
  end if;

  foreach number in array singles loop
    return next number_answer(number, hold_general_admission(
      row(of_event, users[number], keys[number], hashes[number], seats_per_hold, holds_per_buyer, hold_seconds,
          correlations[number], traces[number])::hold_wish,
      of_ticket_type, quantities[number]));
  end loop;
end $$;

-- Reserves seats of one type next to each other, for each wish in its turn: the first finds the best place.
create function hold_best_together(
  of_event uuid,
  seats_per_hold integer,
  holds_per_buyer integer,
  hold_seconds integer,
  users uuid[],
  keys text[],
  hashes text[],
  correlations text[],
  traces text[],
  of_ticket_type uuid,
  quantities integer[]
)
returns setof numbered_hold_answer
language plpgsql as $$
declare
  idle integer[] := lock_buyers(users);
  number integer;
begin
  return query select * from alone_answers(cardinality(users), idle);
  foreach number in array idle loop
    return next number_answer(number, hold_best_available(
      row(of_event, users[number], keys[number], hashes[number], seats_per_hold, holds_per_buyer, hold_seconds,
          correlations[number], traces[number])::hold_wish,
      of_ticket_type, quantities[number], false));
  end loop;
end $$;
