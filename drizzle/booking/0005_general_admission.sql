-- Taking units of general admission, and how they come back when a hold or a payment deadline runs out.

-- Says booking.expired, and that the payment is no longer waited for, of those of the bookings that had been checked
-- out: a hold that nobody checked out ends in silence. Shapes: schema/src/events/booking.ts.
create function announce_expired(bookings_expired uuid[]) returns void
language plpgsql as $$
declare
  booking record;
  event record;
begin
  -- One by one and by their keys: a join can be planned from the wrong end while the tables are small.
  for booking in
    select * from bookings where id = any (bookings_expired) order by expires_at, id
  loop
    continue when booking.reference is null;
    select e.title, e.starts_at, e.timezone, v.name as venue_name, v.city
      into event
      from events e
      left join venues v on v.venue_id = e.venue_id
     where e.id = booking.event_id;
    insert into outbox (type, key, data)
    values (
      'booking.expired',
      booking.id::text,
      jsonb_build_object(
        'bookingId', booking.id,
        'userId', booking.user_id,
        'eventId', booking.event_id,
        'partnerId', booking.partner_id,
        'reference', booking.reference,
        'reason', booking.end_reason,
        'seats', booking.quantity,
        'event', jsonb_build_object(
          'title', event.title,
          'startsAt', iso_instant(event.starts_at),
          'timezone', event.timezone,
          'venueName', event.venue_name,
          'city', event.city),
        'at', iso_instant(booking.ended_at))
    ), (
      'booking.payment_cancel_requested',
      booking.id::text,
      jsonb_build_object(
        'bookingId', booking.id,
        'reason', booking.end_reason,
        'at', iso_instant(booking.ended_at))
    );
  end loop;
end $$;

-- Ends holds and pending bookings of a ticket type that have run out, oldest first, and puts their units back on sale.
-- Returns how many. The change of status is the compare-and-set that gives the units back, so they come back once.
create function expire_admission(of_ticket_type uuid, at_most integer) returns integer
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off as $$
declare
  expired uuid[];
  units integer;
begin
  perform from admission_stock where ticket_type_id = of_ticket_type for update;
  with due as materialized (
    select id
      from bookings
     where ticket_type_id = of_ticket_type and status in ('HELD', 'PENDING') and expires_at <= now()
     order by expires_at
     limit at_most
       for update skip locked
  ), ended as (
    update bookings b
       set status = 'EXPIRED', ended_at = now(), end_reason = 'not paid in time'
      from due
     where b.id = due.id
    returning b.id, b.quantity
  )
  select array_agg(id), coalesce(sum(quantity), 0) into expired, units from ended;
  update admission_stock
     set available = available + units,
         next_due = coalesce(
           (select min(expires_at)
              from bookings
             where ticket_type_id = of_ticket_type and status in ('HELD', 'PENDING')),
           'infinity')
   where ticket_type_id = of_ticket_type;
  perform announce_expired(expired);
  return coalesce(cardinality(expired), 0);
end $$;

-- Ends whatever has run out, of every kind, at most so many of a ticket type and so many with seats; returns how many.
-- Seats need nothing more: they have been free since they ran out.
create function expire_bookings(at_most integer) returns integer
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off as $$
declare
  ticket_type uuid;
  expired uuid[];
  ended integer := 0;
begin
  for ticket_type in
    select distinct ticket_type_id
      from bookings
     where status in ('HELD', 'PENDING') and expires_at <= now() and ticket_type_id is not null
     order by 1
  loop
    ended := ended + expire_admission(ticket_type, at_most);
  end loop;

  with due as materialized (
    select id
      from bookings
     where status in ('HELD', 'PENDING') and expires_at <= now() and ticket_type_id is null
     order by expires_at
     limit at_most
       for update skip locked
  ), ended_now as (
    update bookings b
       set status = 'EXPIRED', ended_at = now(), end_reason = 'not paid in time'
      from due
     where b.id = due.id
    returning b.id
  )
  select array_agg(id) into expired from ended_now;
  perform announce_expired(expired);
  return ended + coalesce(cardinality(expired), 0);
end $$;

-- Reserves units of a general-admission ticket type, or none. Answers BUSY when the last were lost to somebody else
-- while others were coming back: ask again.
create function hold_general_admission(wish hold_wish, of_ticket_type uuid, quantity integer) returns hold_answer
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
  select t.price, t.min_per_booking, t.max_per_booking, s.available, s.next_due
    into type
    from ticket_types t
    join admission_stock s on s.ticket_type_id = t.id
   where t.id = of_ticket_type and t.event_id = wish.event_id and not t.seated;

  -- When it is sold out this is what almost everybody is told, so it takes no lock and writes nothing. A repetition is
  -- looked up in a later statement than the stock: whoever sees the stock that its first attempt left sees that too.
  if type.available < quantity
     and type.next_due > now()
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

  answer := admit_hold(wish, quantity);
  if answer.outcome is not null then
    return answer;
  end if;
  if type is null then
    answer.outcome := 'TicketTypeNotFound';
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
    answer := record_hold(wish, answer, quantity, of_ticket_type);
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
