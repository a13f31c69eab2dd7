-- The hints of the rows that a batch opened are found by those rows. Joined to them, each hint of the hall was compared with
-- each of them: in a hall of 100,000 seats that was a third of what a batch cost.

-- Reserves seats of one type next to each other, for each wish in its turn: the first finds the best place. What all
-- have in common is looked up once and written by one statement.
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
  -- The rows that were opened, and what is left of them: their hints are written at the end, once.
  bases integer[] := '{}';
  ranks integer[] := '{}';
  focuses integer[] := '{}';
  frees bigint[] := '{}';
  lefts bigint[] := '{}';
  row_count integer := 0;
  -- What runs there are in the rows between them that were not.
  runs_between bigint := 0;
  rank_from integer;
  best integer;
  single_may_stay boolean;
  lengths bigint;
  place integer;
  number integer;
  buyers_seen uuid[] := '{}';
  singles integer[] := '{}';
  takers integer[] := '{}';
  ids uuid[] := '{}';
  first_seats integer[] := '{}';
  wanted integer[];
  wanted_by uuid[];
  locked integer[];
  torn uuid[];
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

    -- The way to the first row with seats is gone once: rows that are sold out stay in the index until it is cleaned.
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
      place := null;
      if users[seen.no] <> all (buyers_seen)
        and seen.is_known is null
        and seen.quantity between type.min_per_booking and type.max_per_booking
        and seen.tickets + seen.quantity <= event.max_tickets_per_buyer
        and seen.holds < holds_per_buyer
      then
        foreach single_may_stay in array array[false, true] loop
          lengths := fitting_runs(seen.quantity, single_may_stay);
          best := null;
          for i in 1..row_count loop
            if lefts[i] & lengths <> 0 and (best is null or ranks[i] < ranks[best]) then
              best := i;
            end if;
          end loop;
          if best is null or runs_between & lengths <> 0 then
            hint := open_best_row(of_event, type.no, lengths, rank_from, bases);
            if hint.base_seat is not null then
              bases := bases || hint.base_seat;
              ranks := ranks || hint.rank;
              focuses := focuses || hint.focus;
              frees := frees || hint.free;
              lefts := lefts || hint.runs;
              row_count := row_count + 1;
              if best is null or hint.rank < ranks[best] then
                best := row_count;
              end if;
              select coalesce(bit_or(runs), 0)
                into runs_between
                from seat_row_hints
               where event_id = of_event
                 and ticket_type_no = type.no
                 and open
                 and rank >= rank_from
                 and rank < (select max(rank) from unnest(ranks) as rank)
                 and base_seat <> all (bases);
            end if;
          end if;
          if best is not null then
            place := place_in_row(frees[best], seen.quantity, single_may_stay, focuses[best]);
            exit;
          end if;
        end loop;
      end if;
      if place is null then
        singles := singles || seen.no;
      else
        takers := takers || seen.no;
        ids := ids || uuidv7();
        first_seats := first_seats || (bases[best] + place);
        frees[best] := frees[best] & ~(((1::bigint << seen.quantity) - 1) << place);
        lefts[best] := run_lengths(frees[best]);
      end if;
      buyers_seen := buyers_seen || users[seen.no];
    end loop;
    update seat_row_hints
       set free = frees[array_position(bases, base_seat)],
           runs = lefts[array_position(bases, base_seat)],
           next_due = least(next_due, until)
     where event_id = of_event and ticket_type_no = type.no and base_seat = any (bases);
  end if;

  if takers <> '{}' then
    select array_agg(seat order by seat), array_agg(taker.id order by seat)
      into wanted, wanted_by
      from unnest(takers, ids, first_seats) as taker (no, id, first_seat)
      cross join lateral generate_series(taker.first_seat, taker.first_seat + quantities[taker.no] - 1) as seat;
    locked := array(
      select seat_no
        from event_seats
       where event_id = of_event and seat_no = any (wanted) and expires_at <= now()
         for update skip locked
    );
    if cardinality(locked) < cardinality(wanted) then
      -- Somebody chose one of them at this moment. The group is placed again by itself; the others keep their places.
      torn := array(select distinct id from unnest(wanted, wanted_by) as lost (seat, id) where seat <> all (locked));
      select singles || array_agg(no) filter (where id = any (torn)),
             coalesce(array_agg(no) filter (where id <> all (torn)), '{}'),
             coalesce(array_agg(id) filter (where id <> all (torn)), '{}'),
             coalesce(array_agg(first_seat) filter (where id <> all (torn)), '{}')
        into singles, takers, ids, first_seats
        from unnest(takers, ids, first_seats) as taker (no, id, first_seat);
    end if;
    update event_seats
       set booking_id = taker.id, expires_at = until
      from unnest(wanted, wanted_by) as taker (seat, id)
     where event_id = of_event and seat_no = taker.seat and (torn is null or taker.id <> all (torn));
    if torn is not null then
      -- The rows of those groups think that they gave them seats.
      for hint in
        select *
          from seat_row_hints
         where event_id = of_event
           and ticket_type_no = type.no
           and exists (
             select from unnest(wanted, wanted_by) as lost (seat, id)
              where lost.id = any (torn) and lost.seat between base_seat and base_seat + width - 1
           )
           for update
      loop
        perform reread_seat_row(hint);
      end loop;
    end if;
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
