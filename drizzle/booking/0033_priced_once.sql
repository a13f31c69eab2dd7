-- Reserves units of one general-admission type, of what is sold to everybody. What is the same for several holds of a batch
-- is asked, and made into JSON, once: a tenth less of the database's time for each hold of a batch of thirty.
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
  -- Null while it is everybody.
  pending integer[];
  seen record;
  number integer;
  known uuid[];
  tickets integer;
  holds integer;
  is_known boolean;
  buyers_seen uuid[] := '{}';
  singles integer[] := '{}';
  takers integer[] := '{}';
  units integer := 0;
begin
  select t.price, t.min_per_booking, least(t.max_per_booking, seats_per_hold) as max_per_booking,
         type_on_sale(t.sales_open_at, t.sales_close_at) as is_on_sale, s.available, s.next_due,
         wanted.most, wanted.units
    into type
    from ticket_types t
    join admission_stock s on s.ticket_type_id = t.id
    cross join (select max(q) as most, sum(q) as units from unnest(quantities) as q) as wanted
   where t.id = of_ticket_type and t.event_id = of_event and not t.seated and t.channel = 'PUBLIC';
  event := event_on_sale(of_event);

  -- As in hold_general_admission: what almost everybody is told in the end takes no lock and writes nothing.
  if event.is_on_sale and type.is_on_sale and type.next_due > now() and type.available < type.most then
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
  if cardinality(idle) < cardinality(users) then
    return query
      select *
        from alone_answers(cardinality(users), idle) as answer
       where pending is null or answer.no = any (pending);
  end if;
  if pending is null then
    pending := idle;
  else
    pending := array(select no from unnest(pending) as no where no = any (idle));
  end if;

  if type.is_on_sale is not true or event.is_on_sale is not true then
    singles := pending;
    pending := '{}';
  end if;
  if pending <> '{}' then
    loop
      select available, next_due into stock from admission_stock where ticket_type_id = of_ticket_type for update;
      exit when stock.available >= type.units or stock.next_due > now();
      exit when expire_admission(of_ticket_type, 500) = 0;
    end loop;
    known := known_buyers(of_event, users, keys);

    foreach number in array pending loop
      tickets := 0;
      holds := 0;
      is_known := null;
      if users[number] = any (known) then
        select buyer.tickets, buyer.holds,
               -- Not `exists`: that could be answered by reading all bookings into a hash, and on an empty table it is.
               (
                 select true from bookings b where b.user_id = users[number] and b.idempotency_key = keys[number]
               )
          into tickets, holds, is_known
          from tickets_of_buyer(of_event, users[number]) as buyer;
      end if;
      if users[number] = any (buyers_seen)
        or is_known is not null
        or quantities[number] not between type.min_per_booking and type.max_per_booking
        or tickets + quantities[number] > event.max_tickets_per_buyer
        or holds >= holds_per_buyer
        or units + quantities[number] > stock.available
      then
        singles := singles || number;
      else
        takers := takers || number;
        units := units + quantities[number];
      end if;
      buyers_seen := buyers_seen || users[number];
    end loop;
  end if;

  if takers <> '{}' then
    update admission_stock
       set available = available - units, next_due = least(next_due, until)
     where ticket_type_id = of_ticket_type;
    -- Holds differ in price and announcement by their quantity alone, but for who has which.
    return query
      with priced as materialized (
        select quantity,
               quantity * type.price as total,
               jsonb_build_array(jsonb_build_object(
                 'ticketTypeId', of_ticket_type, 'quantity', quantity, 'unitPrice', type.price)) as lines,
               jsonb_build_object(
                 'eventId', of_event,
                 'partnerId', event.partner_id,
                 'expiresAt', until_told,
                 'seats', quantity,
                 'total', jsonb_build_object('amount', quantity * type.price, 'currency', event.currency)) as told
          from (select distinct quantities[no] as quantity from unnest(takers) as no) as wanted
      ), wish as materialized (
        select no, uuidv7() as id, quantity, total, lines, told
          from unnest(takers) as no
          join priced on priced.quantity = quantities[no]
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
               w.told || jsonb_build_object('holdId', w.id, 'userId', users[w.no]),
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
