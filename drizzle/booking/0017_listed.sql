-- What lists of events go by: kept by triggers, so that no verb can forget it.

-- How words are compared: without case, accents and ligatures. `Łódź` is `lodz`, `Straße` is `strasse`.
create function search_fold(said text) returns text
language sql immutable strict parallel safe
return replace(replace(replace(
  translate(regexp_replace(normalize(lower(said), NFKD), '[\u0300-\u036f]', '', 'g'), 'łøđðþı', 'loddti'),
  'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe');

-- The words of a text: letters and digits only, so that `AC/DC` is two.
create function search_words(said text) returns tsvector
language sql immutable strict parallel safe
return to_tsvector('simple', regexp_replace(search_fold(said), '[^[:alnum:]]+', ' ', 'g'));

-- Writes what lists need to know of these events. In the order of their ids and words, so that two of it cannot deadlock.
create function list_events(of_events uuid[]) returns void
language plpgsql as $$
begin
  insert into event_listings (
    event_id, status, partner_id, venue_id, category, starts_at, sales_open_at, sales_close_at,
    city, country, currency, price_min, price_max, words, capacity
  )
  select e.id, e.status, e.partner_id, e.venue_id, e.category, e.starts_at, e.sales_open_at, e.sales_close_at,
         search_fold(v.city), v.country, e.currency, t.price_min, t.price_max,
         search_words(e.title || ' ' || v.name || ' ' || v.city), coalesce(t.capacity, 0)
    from unnest(of_events) as wanted (id)
    join events e on e.id = wanted.id
    join venues v on v.venue_id = e.venue_id
   cross join lateral (
      select min(price) as price_min, max(price) as price_max,
             least(sum(capacity), 2147483647)::integer as capacity
        from ticket_types
       where event_id = e.id
    ) as t
   order by e.id
  on conflict (event_id) do update
     set status = excluded.status, partner_id = excluded.partner_id, venue_id = excluded.venue_id,
         category = excluded.category, starts_at = excluded.starts_at, sales_open_at = excluded.sales_open_at,
         sales_close_at = excluded.sales_close_at, city = excluded.city, country = excluded.country,
         currency = excluded.currency, price_min = excluded.price_min, price_max = excluded.price_max,
         words = excluded.words, capacity = excluded.capacity;

  insert into listing_words (word)
  select distinct word
    from unnest(of_events) as wanted (id)
    join event_listings l on l.event_id = wanted.id and l.status = 'PUBLISHED'
   cross join lateral unnest(tsvector_to_array(l.words)) as word
   order by word
  on conflict do nothing;
end $$;

create function list_changed_events() returns trigger
language plpgsql as $$
begin
  perform list_events(array(select id from changed));
  return null;
end $$;

create trigger events_are_listed after insert on events
referencing new table as changed for each statement execute function list_changed_events();
create trigger events_are_listed_anew after update on events
referencing new table as changed for each statement execute function list_changed_events();

create function list_events_of_changed_types() returns trigger
language plpgsql as $$
begin
  perform list_events(array(select distinct event_id from changed));
  return null;
end $$;

create trigger ticket_types_are_listed after insert on ticket_types
referencing new table as changed for each statement execute function list_events_of_changed_types();
create trigger ticket_types_are_listed_anew after update on ticket_types
referencing new table as changed for each statement execute function list_events_of_changed_types();
create trigger ticket_types_are_not_listed_any_more after delete on ticket_types
referencing old table as changed for each statement execute function list_events_of_changed_types();

create function list_changed_venues() returns trigger
language plpgsql as $$
begin
  insert into venue_listings (venue_id, location, words)
  select venue_id, ll_to_earth(latitude, longitude)::cube, search_words(name || ' ' || city)
    from changed
   order by venue_id
  on conflict (venue_id) do update set location = excluded.location, words = excluded.words;
  perform list_events(array(select e.event_id from event_listings e join changed c on c.venue_id = e.venue_id));
  return null;
end $$;

create trigger venues_are_listed after insert on venues
referencing new table as changed for each statement execute function list_changed_venues();
create trigger venues_are_listed_anew after update on venues
referencing new table as changed for each statement execute function list_changed_venues();

-- What there is already.
insert into venue_listings (venue_id, location, words)
select venue_id, ll_to_earth(latitude, longitude)::cube, search_words(name || ' ' || city) from venues;
select list_events(array(select id from events));
insert into demand_progress (id, position, holding)
values (1, 0, array(select distinct event_id from bookings where status in ('HELD', 'PENDING')));
