-- The batches again, with plans that stay good while the tables grow. A connection keeps the plan of its first call, and
-- on an empty table the cheapest way to know a key was to read all bookings.

-- Reserves chosen seats, of what is sold to everybody. The seats of wish n are those of `wanted` up to number ends[n], from
-- where wish n - 1 ended.
create or replace function hold_seats_together(
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
  until_told text := iso_instant(until);
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
    select no, t.id, price, min_per_booking, max_per_booking,
           channel = 'PUBLIC' and type_on_sale(sales_open_at, sales_close_at) as is_plain
      from ticket_types t
     where t.event_id = of_event
  loop
    type_ids[type.no] := type.id;
    prices[type.no] := type.price;
    mins[type.no] := type.min_per_booking;
    -- What cannot be had, or not like this, is left to hold_seats to refuse.
    maxs[type.no] := case when type.is_plain then least(type.max_per_booking, seats_per_hold) else 0 end;
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
             -- Not `exists`: that could be answered by reading all bookings into a hash, and on an empty table it is.
             (
               select true from bookings b where b.user_id = users[wish.no] and b.idempotency_key = keys[wish.no]
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
        or seen.is_known is not null
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
                 'expiresAt', until_told,
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

-- Reserves units of one general-admission type, of what is sold to everybody.
create or replace function hold_units_together(
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
  until_told text := iso_instant(until);
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
  select t.price, t.min_per_booking, least(t.max_per_booking, seats_per_hold) as max_per_booking,
         type_on_sale(t.sales_open_at, t.sales_close_at) as is_on_sale, s.available, s.next_due
    into type
    from ticket_types t
    join admission_stock s on s.ticket_type_id = t.id
   where t.id = of_ticket_type and t.event_id = of_event and not t.seated and t.channel = 'PUBLIC';
  event := event_on_sale(of_event);
  pending := array(select generate_series(1, cardinality(users)));

  -- As in hold_general_admission: what almost everybody is told in the end takes no lock and writes nothing.
  if event.is_on_sale and type.is_on_sale and type.next_due > now() and type.available < (select max(q) from unnest(quantities) as q) then
    pending := '{}';
    for seen in
      select w.no, w.quantity,
             (select true from bookings b where b.user_id = w.user_id and b.idempotency_key = w.key) as is_known
        from unnest(users, keys, quantities) with ordinality as w (user_id, key, quantity, no)
    loop
      if seen.quantity > type.available
        and seen.quantity between type.min_per_booking and type.max_per_booking
        and seen.is_known is null
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

  if type.is_on_sale is not true or event.is_on_sale is not true then
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
             -- Not `exists`: that could be answered by reading all bookings into a hash, and on an empty table it is.
             (
               select true from bookings b where b.user_id = users[wish.no] and b.idempotency_key = keys[wish.no]
             ) as is_known
        from unnest(pending) as wish (no)
        cross join lateral tickets_of_buyer(of_event, users[wish.no]) as buyer
    loop
      if users[seen.no] = any (buyers_seen)
        or seen.is_known is not null
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
                 'expiresAt', until_told,
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

-- Writes what is left of a row, of which something was taken until that instant; nothing when there is no row.
create function write_row_hint(row_at seat_row_hints, until timestamptz) returns void
language plpgsql as $$
begin
  if row_at.base_seat is not null then
    update seat_row_hints
       set free = row_at.free, runs = row_at.runs, next_due = least(next_due, until)
     where event_id = row_at.event_id and ticket_type_no = row_at.ticket_type_no and base_seat = row_at.base_seat;
  end if;
end $$;

-- Takes the best seats for a booking by the hints of rows as they are, and returns the first of them. Null when a hint is
-- wrong, somebody else is at work there, or there is no place: then hold_best_available has to look more closely.
--
-- `row_at` is the row where the last were taken, with what is left of it; its hint is written when another row's turn
-- comes, and not for each group: that was the dearest part.
create function take_best_seats(
  of_event uuid, of_type smallint, quantity integer, until timestamptz, of_booking uuid,
  inout row_at seat_row_hints, out first_seat integer
)
language plpgsql as $$
declare
  hint seat_row_hints;
  single_may_stay boolean;
  lengths bigint;
  place integer;
  wanted bigint;
  around bigint;
  seen bigint;
  got bigint;
begin
  foreach single_may_stay in array array[false, true] loop
    lengths := fitting_runs(quantity, single_may_stay);
    if coalesce(row_at.runs & lengths = 0, true) or exists (
      select from seat_row_hints
       where event_id = of_event and ticket_type_no = of_type and open and runs & lengths <> 0 and rank < row_at.rank
    ) then
      perform write_row_hint(row_at, until);
      row_at := null;
      select *
        into hint
        from seat_row_hints
       where event_id = of_event and ticket_type_no = of_type and open and runs & lengths <> 0
       order by rank
       limit 1
         for update skip locked;
      continue when not found;
      row_at := hint;
    end if;

    place := place_in_row(row_at.free, quantity, single_may_stay, row_at.focus);
    first_seat := row_at.base_seat + place;
    wanted := ((1::bigint << quantity) - 1) << place;
    around := row_at.free & ((((1::bigint << (quantity + 4)) - 1) << place) >> 2);
    -- The two on either side are only looked at, as in lock_best_seats.
    with locked as materialized (
      select seat_no
        from event_seats
       where event_id = of_event
         and seat_no between first_seat and first_seat + quantity - 1
         and expires_at <= now()
         for update skip locked
    )
    select (select coalesce(bit_or(1::bigint << (seat_no - row_at.base_seat)), 0) from locked),
           coalesce(bit_or(1::bigint << (seat_no - row_at.base_seat)), 0)
      into got, seen
      from event_seats
     where event_id = of_event
       and seat_no between greatest(first_seat - 2, row_at.base_seat)
                       and least(first_seat + quantity + 1, row_at.base_seat + row_at.width - 1)
       and expires_at <= now();
    if got <> wanted or around & ~seen <> 0 then
      first_seat := null;
      return;
    end if;

    update event_seats
       set booking_id = of_booking, expires_at = until
     where event_id = of_event and seat_no between first_seat and first_seat + quantity - 1;
    row_at.free := row_at.free & ~wanted;
    row_at.runs := run_lengths(row_at.free);
    return;
  end loop;
end $$;

-- Reserves seats of one type next to each other, for each wish in its turn: the first finds the best place. What all
-- have in common is looked up once and written by one statement; selling out a hall took three times as long before.
create or replace function hold_best_together(
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
set enable_mergejoin = off
set enable_sort = off as $$
declare
  until timestamptz := hold_ends(hold_seconds);
  until_told text := iso_instant(until);
  event record;
  type record;
  pending integer[];
  seen record;
  hint seat_row_hints;
  row_at seat_row_hints;
  taken record;
  number integer;
  booking uuid;
  buyers_seen uuid[] := '{}';
  singles integer[] := '{}';
  takers integer[] := '{}';
  ids uuid[] := '{}';
  first_seats integer[] := '{}';
begin
  pending := lock_buyers(users);
  return query select * from alone_answers(cardinality(users), pending);

  event := event_on_sale(of_event);
  select no, price, min_per_booking, least(max_per_booking, seats_per_hold) as max_per_booking
    into type
    from ticket_types
   where id = of_ticket_type
     and event_id = of_event
     and seated
     and channel = 'PUBLIC'
     and type_on_sale(sales_open_at, sales_close_at);
  if type.price is null or event.is_on_sale is not true then
    singles := pending;
    pending := '{}';
  end if;

  if pending <> '{}' then
    -- What rows have got back since anybody looked.
    for hint in
      select *
        from seat_row_hints
       where event_id = of_event and ticket_type_no = type.no and next_due <= now() and next_due < 'infinity'
       order by next_due
       limit 8
         for update skip locked
    loop
      perform reread_seat_row(hint);
    end loop;

    for seen in
      select wish.no, quantities[wish.no] as quantity, buyer.tickets, buyer.holds,
             -- Not `exists`: that could be answered by reading all bookings into a hash, and on an empty table it is.
             (
               select true from bookings b where b.user_id = users[wish.no] and b.idempotency_key = keys[wish.no]
             ) as is_known
        from unnest(pending) as wish (no)
        cross join lateral tickets_of_buyer(of_event, users[wish.no]) as buyer
    loop
      if users[seen.no] = any (buyers_seen)
        or seen.is_known is not null
        or seen.quantity not between type.min_per_booking and type.max_per_booking
        or seen.tickets + seen.quantity > event.max_tickets_per_buyer
        or seen.holds >= holds_per_buyer
      then
        singles := singles || seen.no;
      else
        booking := uuidv7();
        taken := take_best_seats(of_event, type.no, seen.quantity, until, booking, row_at);
        row_at := taken.row_at;
        if taken.first_seat is null then
          singles := singles || seen.no;
        else
          takers := takers || seen.no;
          ids := ids || booking;
          first_seats := first_seats || taken.first_seat;
        end if;
      end if;
      buyers_seen := buyers_seen || users[seen.no];
    end loop;
    perform write_row_hint(row_at, until);
  end if;

  if takers <> '{}' then
    return query
      with wish as materialized (
        select taker.no, taker.id, quantities[taker.no] as quantity,
               array(
                 select generate_series(taker.first_seat, taker.first_seat + quantities[taker.no] - 1)
               ) as seats,
               jsonb_build_array(jsonb_build_object(
                 'ticketTypeId', of_ticket_type, 'quantity', quantities[taker.no], 'unitPrice', type.price)) as lines,
               quantities[taker.no] * type.price as total
          from unnest(takers, ids, first_seats) as taker (no, id, first_seat)
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
                 'expiresAt', until_told,
                 'total', jsonb_build_object('amount', w.total, 'currency', event.currency)),
               correlations[w.no],
               traces[w.no]
          from wish w
      )
      select w.no, 'HELD', null::jsonb, w.id, of_event, until, w.seats, w.lines, w.total, event.currency
        from wish w;
  end if;

  foreach number in array singles loop
    return next number_answer(number, hold_best_available(
      row(of_event, users[number], keys[number], hashes[number], seats_per_hold, holds_per_buyer, hold_seconds,
          correlations[number], traces[number])::hold_wish,
      of_ticket_type, quantities[number], false));
  end loop;
end $$;
