-- In a hall that is half sold, the way to the first row with seats is gone once for a batch and not once for each group:
-- rows that are sold out stay in the index until it is cleaned.

drop function take_best_seats(uuid, smallint, integer, timestamptz, uuid, seat_row_hints);

-- Takes the best seats for a booking by the hints of rows as they are, and returns the first of them. Null when a hint is
-- wrong, somebody else is at work there, or there is no place: then hold_best_available has to look more closely.
--
-- `row_at` is the row where the last were taken, with what is left of it; its hint is written when another row's turn
-- comes, and not for each group: that was the dearest part. `rank_from` is the first row that has anything left.
create function take_best_seats(
  of_event uuid, of_type smallint, quantity integer, until timestamptz, of_booking uuid,
  rank_from integer, inout row_at seat_row_hints, out first_seat integer
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
       where event_id = of_event and ticket_type_no = of_type and open and runs & lengths <> 0
         and rank >= rank_from and rank < row_at.rank
    ) then
      perform write_row_hint(row_at, until);
      row_at := null;
      select *
        into hint
        from seat_row_hints
       where event_id = of_event and ticket_type_no = of_type and open and runs & lengths <> 0 and rank >= rank_from
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
  rank_from integer;
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

    select rank
      into rank_from
      from seat_row_hints
     where event_id = of_event and ticket_type_no = type.no and open
     order by rank
     limit 1;

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
        taken := take_best_seats(of_event, type.no, seen.quantity, until, booking, rank_from, row_at);
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
