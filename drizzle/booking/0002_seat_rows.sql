-- Rows of seats as bits: bit i of a row is the seat base_seat + i. What best-available knows about a hall.

-- The lengths of the runs of free seats in a row: bit n - 1 is set when there is a run of exactly n, so that "is there
-- a run of at least n" and "a run that n seats do not leave a single seat of" are one comparison each.
create function run_lengths(free bigint) returns bigint
language plpgsql immutable strict parallel safe as $$
declare
  rest bigint := free;
  rest_after bigint;
  lengths bigint := 0;
begin
  while rest <> 0 loop
    -- Adding the lowest bit carries through the lowest run, and so clears it.
    rest_after := rest & (rest + (rest & -rest));
    lengths := lengths | (1::bigint << (bit_count((rest # rest_after)::bit(64))::integer - 1));
    rest := rest_after;
  end loop;
  return lengths;
end $$;

-- The longest of the runs that run_lengths found; 0 when there is none.
create function longest_run(lengths bigint) returns integer
language plpgsql immutable strict parallel safe as $$
declare
  filled bigint := lengths;
begin
  filled := filled | (filled >> 1);
  filled := filled | (filled >> 2);
  filled := filled | (filled >> 4);
  filled := filled | (filled >> 8);
  filled := filled | (filled >> 16);
  filled := filled | (filled >> 32);
  return bit_count(filled::bit(64));
end $$;

-- The runs that `seats` fit into, to be compared with run_lengths: all of at least so many, but, unless a single seat
-- may stay, not those of one more.
create function fitting_runs(seats integer, single_may_stay boolean) returns bigint
language sql immutable strict parallel safe
return (-1::bigint << (seats - 1)) & (case when single_may_stay then -1::bigint else ~(1::bigint << seats) end);

-- Where `seats` next to each other begin, counted from the row's bit 0: the leftmost place, and unless a single seat
-- may stay, one that leaves none alone on either side. Null when there is none. At most 60 seats.
create function place_in_row(free bigint, seats integer, single_may_stay boolean) returns integer
language plpgsql immutable strict parallel safe as $$
declare
  starts bigint := free;
  long integer := 1;
  step integer;
begin
  -- Bit i of `starts` says that a run of `long` free seats begins at i; each step up to doubles it.
  while long < seats loop
    step := least(long, seats - long);
    starts := starts & (starts >> step);
    long := long + step;
  end loop;
  if not single_may_stay then
    -- The neighbour on the left is not free or has a free neighbour of its own, and so is the one on the right.
    starts := starts & (~(free << 1) | (free << 2)) & (~(free >> seats) | (free >> (seats + 1)));
  end if;
  if starts = 0 then
    return null;
  end if;
  return bit_count(((starts & -starts) - 1)::bit(64));
end $$;

-- Reads a row's hint again from the seats, which decide. The caller has locked the hint. `locked` are seats that look
-- free but that somebody is taking at this moment: they do not count, and the row is read again at the next occasion.
-- Returns the lengths of its runs.
create function reread_seat_row(hint seat_row_hints, locked bigint default 0) returns bigint
language plpgsql as $$
declare
  seats_free bigint;
  due timestamptz;
  lengths bigint;
begin
  select coalesce(bit_or(1::bigint << (seat_no - hint.base_seat)) filter (where expires_at <= now()), 0),
         coalesce(min(expires_at) filter (where expires_at > now()), 'infinity')
    into seats_free, due
    from event_seats
   where event_id = hint.event_id
     and seat_no between hint.base_seat and hint.base_seat + hint.width - 1
     and (hint.mask >> (seat_no - hint.base_seat)) & 1 = 1;
  if seats_free & locked <> 0 then
    seats_free := seats_free & ~locked;
    due := '-infinity';
  end if;
  lengths := run_lengths(seats_free);
  update seat_row_hints
     set free = seats_free, runs = lengths, next_due = due
   where event_id = hint.event_id and ticket_type_no = hint.ticket_type_no and base_seat = hint.base_seat;
  return lengths;
end $$;

-- Gives the seats of a booking back and returns how many were still its own: a seat whose hold ran out may have been
-- taken by somebody else since. Whoever calls this has changed the booking's status before, by compare-and-set.
--
-- Everybody who locks hints locks them before seats and both in their order, so that nobody waits in a circle.
create function give_back_seats(of_event uuid, of_booking uuid, seats integer[]) returns integer
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off as $$
declare
  types smallint[];
  first_seat integer;
  last_seat integer;
  given_back integer;
begin
  select array_agg(distinct ticket_type_no), min(seat_no), max(seat_no)
    into types, first_seat, last_seat
    from event_seats
   where event_id = of_event and seat_no = any (seats);
  -- The hint itself is not touched: it is read again from the seats when somebody looks for a place.
  update seat_row_hints
     set next_due = '-infinity'
   where (event_id, ticket_type_no, base_seat) in (
     select h.event_id, h.ticket_type_no, h.base_seat
       from seat_row_hints h
      where h.event_id = of_event
        and h.ticket_type_no = any (types)
        and h.base_seat between first_seat - 59 and last_seat
        and exists (select from unnest(seats) as seat where seat between h.base_seat and h.base_seat + h.width - 1)
      order by h.ticket_type_no, h.base_seat
        for update
   );
  perform from event_seats
   where event_id = of_event and seat_no = any (seats) and booking_id = of_booking
   order by seat_no
     for update;
  update event_seats
     set booking_id = null, expires_at = '-infinity'
   where event_id = of_event and seat_no = any (seats) and booking_id = of_booking;
  get diagnostics given_back = row_count;
  return given_back;
end $$;
