-- Taking the best seats next to each other. The hints of rows say where to look, the seats decide.

-- Finds and locks `quantity` seats next to each other; `seats` is null when it did not. Leaves no single seat where that
-- can be avoided in any row, and takes the first row by rank otherwise. `contended` says that somebody else was at work
-- in a row that might have done, so that "none" is not the last word.
create function lock_best_seats(
  of_event uuid, of_type smallint, quantity integer, until timestamptz, out seats integer[], out contended boolean
)
language plpgsql as $$
declare
  hint seat_row_hints;
  rereads_max integer;
  single_may_stay boolean;
  lengths bigint;
  place integer;
  first_seat integer;
  wanted bigint;
  around bigint;
  seen bigint;
  got bigint;
begin
  contended := false;
  -- First what a few rows have got back since anybody looked; all of them before "none" is said.
  foreach rereads_max in array array[8, 100000] loop
    for hint in
      select *
        from seat_row_hints
       where event_id = of_event and ticket_type_no = of_type and next_due <= now() and next_due < 'infinity'
       order by next_due
       limit rereads_max
         for update skip locked
    loop
      perform reread_seat_row(hint);
    end loop;

    foreach single_may_stay in array array[false, true] loop
      lengths := fitting_runs(quantity, single_may_stay);
      loop
        select *
          into hint
          from seat_row_hints
         where event_id = of_event and ticket_type_no = of_type and open and runs & lengths <> 0
         order by rank
         limit 1
           for update skip locked;
        exit when not found;

        place := place_in_row(hint.free, quantity, single_may_stay);
        first_seat := hint.base_seat + place;
        wanted := ((1::bigint << quantity) - 1) << place;

        -- Chosen seats are taken without a word to the hint. When it is wrong about these or the two on either side,
        -- the place may leave a single seat after all.
        select coalesce(bit_or(1::bigint << (seat_no - hint.base_seat)), 0)
          into seen
          from event_seats
         where event_id = of_event
           and seat_no between greatest(first_seat - 2, hint.base_seat)
                           and least(first_seat + quantity + 1, hint.base_seat + hint.width - 1)
           and expires_at <= now();
        around := hint.free & ((((1::bigint << (quantity + 4)) - 1) << place) >> 2);
        if around & ~seen <> 0 then
          perform reread_seat_row(hint);
          continue;
        end if;

        select coalesce(bit_or(1::bigint << (seat_no - hint.base_seat)), 0)
          into got
          from (
            select seat_no
              from event_seats
             where event_id = of_event
               and seat_no between first_seat and first_seat + quantity - 1
               and expires_at <= now()
               for update skip locked
          ) as locked;
        if got = wanted then
          seats := array(select generate_series(first_seat, first_seat + quantity - 1));
          update seat_row_hints
             set free = hint.free & ~wanted, runs = run_lengths(hint.free & ~wanted), next_due = least(next_due, until)
           where event_id = of_event and ticket_type_no = of_type and base_seat = hint.base_seat;
          return;
        end if;
        -- Each turn takes seats off the hint, so this comes to an end.
        perform reread_seat_row(hint, wanted & ~got);
      end loop;
    end loop;
  end loop;

  lengths := fitting_runs(quantity, true);
  contended := exists (
    select from seat_row_hints
     where event_id = of_event and ticket_type_no = of_type and next_due <= now() and next_due < 'infinity'
  ) or exists (
    select from seat_row_hints
     where event_id = of_event and ticket_type_no = of_type and open and runs & lengths <> 0
  );
end $$;

-- The most seats next to each other that could be held now. Looks at the seats themselves, a few rows at most.
create function longest_free_run(of_event uuid, of_type smallint) returns integer
language plpgsql as $$
declare
  hint seat_row_hints;
  longest integer := 0;
begin
  for turn in 1..10 loop
    select *
      into hint
      from seat_row_hints
     where event_id = of_event and ticket_type_no = of_type and open
     order by runs desc
     limit 1
       for update skip locked;
    if not found then
      return 0;
    end if;
    longest := longest_run(reread_seat_row(hint));
    exit when longest = longest_run(hint.runs);
  end loop;
  return longest;
end $$;

-- Reserves `quantity` seats of a ticket type next to each other, or none. Answers BUSY when all that might have done was
-- being worked on by others: ask again with `patient`, which waits for them first. It cannot wait in the same call,
-- because by then it has locks that others may be waiting for.
create function hold_best_available(wish hold_wish, of_ticket_type uuid, quantity integer, patient boolean)
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
  answer := admit_hold(wish, quantity);
  if answer.outcome is not null then
    return answer;
  end if;
  select no, price, min_per_booking, max_per_booking
    into type
    from ticket_types
   where id = of_ticket_type and event_id = wish.event_id and seated;
  if not found then
    answer.outcome := 'TicketTypeNotFound';
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
  answer := record_hold(wish, answer, quantity, null);
  update event_seats
     set booking_id = answer.id, expires_at = answer.expires_at
   where event_id = wish.event_id and seat_no = any (answer.seat_nos);
  perform announce_hold(wish, answer, quantity);
  return answer;
end $$;
