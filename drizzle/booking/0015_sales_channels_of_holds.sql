-- Ticket types with sales windows of their own, and allotments: tickets of a channel are held as part of it and not
-- otherwise. What buyers may have is counted of what is sold to everybody; the partner and the door sell to many.

-- Whether a ticket type is on sale as far as it alone is concerned.
create function type_on_sale(sales_open_at timestamptz, sales_close_at timestamptz) returns boolean
language sql stable parallel safe
return coalesce(sales_open_at <= now(), true) and coalesce(sales_close_at > now(), true);

-- How many tickets and open holds of an event a buyer has. What has run out does not count, swept or not.
create or replace function tickets_of_buyer(of_event uuid, of_user uuid, out tickets integer, out holds integer)
language plpgsql stable as $$
begin
  select coalesce(sum(quantity), 0), count(*) filter (where status = 'HELD')
    into tickets, holds
    from bookings
   where event_id = of_event
     and user_id = of_user
     and channel = 'PUBLIC'
     and (status in ('CONFIRMED', 'COMPLETED') or (status in ('HELD', 'PENDING') and expires_at > now()));
end $$;

-- Those below have the channel for a further argument. One without it would be another function.
drop function admit_hold(hold_wish, integer);
drop function record_hold(hold_wish, hold_answer, integer, uuid);
drop function hold_seats(hold_wish, integer[]);
drop function hold_best_available(hold_wish, uuid, integer, boolean);
drop function hold_general_admission(hold_wish, uuid, integer);

-- May this buyer hold so many tickets of this event now? Says nothing about what is left. The outcome is null when yes.
create function admit_hold(wish hold_wish, quantity integer, of_channel text default 'PUBLIC') returns hold_answer
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

  if of_channel <> 'PUBLIC' then
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
create function record_hold(
  wish hold_wish, inout answer hold_answer, quantity integer, of_ticket_type uuid,
  of_channel text default 'PUBLIC'
)
language plpgsql as $$
begin
  answer.expires_at := hold_ends(wish.hold_seconds);
  insert into bookings (
    event_id, partner_id, user_id, idempotency_key, request_hash,
    quantity, ticket_type_id, seat_nos, lines, total, currency, expires_at, channel
  )
  values (
    wish.event_id, answer.partner_id, wish.user_id, wish.idempotency_key, wish.request_hash,
    quantity, of_ticket_type, answer.seat_nos, answer.lines, answer.total, answer.currency, answer.expires_at, of_channel
  )
  returning id into answer.id;
  answer.event_id := wish.event_id;
  answer.outcome := 'HELD';
end $$;

-- Reserves these seats of the event, which must exist, or none of them.
create function hold_seats(wish hold_wish, wanted integer[], of_channel text default 'PUBLIC') returns hold_answer
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
  closed record;
begin
  answer := admit_hold(wish, quantity, of_channel);
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

  refused := array(
    select seat_no
      from unnest(got, types) as seat (seat_no, type_no)
      join ticket_types t on t.event_id = wish.event_id and t.no = seat.type_no
     where t.channel <> of_channel
  );
  if refused <> '{}' then
    answer.outcome := 'SeatsUnknown';
    answer.facts := jsonb_build_object('seatNos', refused);
    return answer;
  end if;
  select sales_open_at, sales_close_at
    into closed
    from ticket_types
   where event_id = wish.event_id and no = any (types) and not type_on_sale(sales_open_at, sales_close_at)
   order by no
   limit 1;
  if found then
    answer.outcome := 'SalesClosed';
    answer.facts := jsonb_build_object('opensAt', closed.sales_open_at, 'closesAt', closed.sales_close_at);
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
  answer := record_hold(wish, answer, quantity, null, of_channel);
  update event_seats
     set booking_id = answer.id, expires_at = answer.expires_at
   where event_id = wish.event_id and seat_no = any (wanted);
  perform announce_hold(wish, answer, quantity);
  return answer;
end $$;

-- Reserves `quantity` seats of a ticket type next to each other, or none. Answers BUSY when all that might have done was
-- being worked on by others: ask again with `patient`, which waits for them first. It cannot wait in the same call,
-- because by then it has locks that others may be waiting for.
create function hold_best_available(
  wish hold_wish, of_ticket_type uuid, quantity integer, patient boolean, of_channel text default 'PUBLIC'
)
returns hold_answer
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
-- The first by rank comes from the index; sorting all rows of a hall would be as cheap only while it is small.
set enable_sort = off as $$
declare
  answer hold_answer;
  type record;
  best record;
  longest integer;
begin
  answer := admit_hold(wish, quantity, of_channel);
  if answer.outcome is not null then
    return answer;
  end if;
  select no, price, min_per_booking, max_per_booking, sales_open_at, sales_close_at
    into type
    from ticket_types
   where id = of_ticket_type and event_id = wish.event_id and seated and channel = of_channel;
  if not found then
    answer.outcome := 'TicketTypeNotFound';
    return answer;
  end if;
  if not type_on_sale(type.sales_open_at, type.sales_close_at) then
    answer.outcome := 'SalesClosed';
    answer.facts := jsonb_build_object('opensAt', type.sales_open_at, 'closesAt', type.sales_close_at);
    return answer;
  end if;
  if quantity not between type.min_per_booking and type.max_per_booking then
    answer.outcome := 'QuantityOutOfRange';
    answer.facts := jsonb_build_object('min', type.min_per_booking, 'max', least(type.max_per_booking, wish.seats_per_hold));
    return answer;
  end if;

  if patient then
    perform from seat_row_hints
     where event_id = wish.event_id
       and ticket_type_no = type.no
       and (next_due <= now() or runs & fitting_runs(quantity, true) <> 0)
     order by base_seat
     limit 100
       for update;
  end if;

  best := lock_best_seats(wish.event_id, type.no, quantity, hold_ends(wish.hold_seconds));
  if best.seats is null then
    longest := longest_free_run(wish.event_id, type.no);
    answer.outcome := case when best.contended or longest >= quantity then 'BUSY' else 'SoldOut' end;
    answer.facts := jsonb_build_object('available', least(longest, quantity - 1));
    return answer;
  end if;

  answer.seat_nos := best.seats;
  answer.total := quantity * type.price;
  answer.lines := jsonb_build_array(
    jsonb_build_object('ticketTypeId', of_ticket_type, 'quantity', quantity, 'unitPrice', type.price));
  answer := record_hold(wish, answer, quantity, null, of_channel);
  update event_seats
     set booking_id = answer.id, expires_at = answer.expires_at
   where event_id = wish.event_id and seat_no = any (answer.seat_nos);
  perform announce_hold(wish, answer, quantity);
  return answer;
end $$;

-- Reserves units of a general-admission ticket type, or none. Answers BUSY when the last were lost to somebody else
-- while others were coming back: ask again.
create function hold_general_admission(
  wish hold_wish, of_ticket_type uuid, quantity integer, of_channel text default 'PUBLIC'
)
returns hold_answer
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off as $$
declare
  answer hold_answer;
  type record;
  stock record;
  event record;
begin
  select t.price, t.min_per_booking, t.max_per_booking, t.sales_open_at, t.sales_close_at, s.available, s.next_due
    into type
    from ticket_types t
    join admission_stock s on s.ticket_type_id = t.id
   where t.id = of_ticket_type and t.event_id = wish.event_id and not t.seated and t.channel = of_channel;

  -- When it is sold out this is what almost everybody is told, so it takes no lock and writes nothing. A repetition is
  -- looked up in a later statement than the stock: whoever sees the stock that its first attempt left sees that too.
  if type.available < quantity
     and type.next_due > now()
     and type_on_sale(type.sales_open_at, type.sales_close_at)
     and quantity between type.min_per_booking and least(type.max_per_booking, wish.seats_per_hold)
     and not exists (
       select from bookings where user_id = wish.user_id and idempotency_key = wish.idempotency_key
     )
  then
    event := event_on_sale(wish.event_id);
    if event.is_on_sale then
      answer.outcome := 'SoldOut';
      answer.facts := jsonb_build_object('available', type.available);
      return answer;
    end if;
  end if;

  answer := admit_hold(wish, quantity, of_channel);
  if answer.outcome is not null then
    return answer;
  end if;
  if type.price is null then
    answer.outcome := 'TicketTypeNotFound';
    return answer;
  end if;
  if not type_on_sale(type.sales_open_at, type.sales_close_at) then
    answer.outcome := 'SalesClosed';
    answer.facts := jsonb_build_object('opensAt', type.sales_open_at, 'closesAt', type.sales_close_at);
    return answer;
  end if;
  if quantity not between type.min_per_booking and type.max_per_booking then
    answer.outcome := 'QuantityOutOfRange';
    answer.facts := jsonb_build_object('min', type.min_per_booking, 'max', least(type.max_per_booking, wish.seats_per_hold));
    return answer;
  end if;

  loop
    select available, next_due into stock from admission_stock where ticket_type_id = of_ticket_type;
    exit when stock.available >= quantity or stock.next_due > now();
    exit when expire_admission(of_ticket_type, 500) = 0;
  end loop;

  -- Everything else is written before the counter, whose lock everybody waits for, and which is held until the commit.
  if stock.available >= quantity then
    answer.total := quantity * type.price;
    answer.lines := jsonb_build_array(
      jsonb_build_object('ticketTypeId', of_ticket_type, 'quantity', quantity, 'unitPrice', type.price));
    answer := record_hold(wish, answer, quantity, of_ticket_type, of_channel);
    update admission_stock
       set available = available - quantity, next_due = least(next_due, answer.expires_at)
     where ticket_type_id = of_ticket_type and available >= quantity;
    if found then
      perform announce_hold(wish, answer, quantity);
      return answer;
    end if;
    delete from bookings where id = answer.id;
    select available, next_due into stock from admission_stock where ticket_type_id = of_ticket_type;
  end if;

  answer.outcome := case when stock.available >= quantity or stock.next_due <= now() then 'BUSY' else 'SoldOut' end;
  answer.facts := jsonb_build_object('available', least(stock.available, quantity - 1));
  return answer;
end $$;

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
