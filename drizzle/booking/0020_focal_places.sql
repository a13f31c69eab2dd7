-- Rows know which of their places is closest to what people look at, and groups are put there.

drop function place_in_row(bigint, integer, boolean);

-- Where `seats` next to each other can begin, as bits; unless a single seat may stay, only places that leave none alone on
-- either side. At most 60 seats.
create function starts_in_row(free bigint, seats integer, single_may_stay boolean) returns bigint
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
  return starts;
end $$;

-- Of those the one whose middle is closest to the place `focus`, the left one of two; the leftmost when there is no focus.
-- Counted from the row's bit 0; null when there is none.
create function place_in_row(free bigint, seats integer, single_may_stay boolean, focus integer default null)
returns integer
language plpgsql immutable parallel safe as $$
declare
  starts bigint := starts_in_row(free, seats, single_may_stay);
  ideal integer;
  before bigint;
  after bigint;
  -- From the ideal place to the closest one before it, and from it on.
  back integer;
  ahead integer;
begin
  if starts = 0 then
    return null;
  end if;
  if focus is null then
    return bit_count(((starts & -starts) - 1)::bit(64));
  end if;
  ideal := least(greatest(focus - (seats - 1) / 2, 0), 60);
  before := starts & ((1::bigint << ideal) - 1);
  after := starts >> ideal;
  -- longest_run says where the highest bit is, counted from 1.
  back := ideal - (longest_run(before) - 1);
  ahead := bit_count(((after & -after) - 1)::bit(64));
  return case when after = 0 or (before <> 0 and back <= ahead) then ideal - back else ideal + ahead end;
end $$;

-- Finds and locks `quantity` seats next to each other; `seats` is null when it did not. Leaves no single seat where that
-- can be avoided in any row, and takes the first row by rank otherwise, as close to its focus as there is room.
-- `contended` says that somebody else was at work in a row that might have done, so that "none" is not the last word.
create or replace function lock_best_seats(
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

        place := place_in_row(hint.free, quantity, single_may_stay, hint.focus);
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
