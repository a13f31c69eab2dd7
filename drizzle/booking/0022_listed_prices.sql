-- Prices and places of a list are those that everybody can buy; whether the partner may sell is kept beside them, because
-- a join cost the plan of "available now" its index.

alter table event_images alter column bytes set storage external;

create or replace function list_events(of_events uuid[]) returns void
language plpgsql as $$
begin
  insert into event_listings (
    event_id, status, partner_id, may_sell, venue_id, category, starts_at, sales_open_at, sales_close_at,
    city, country, currency, price_min, price_max, words, capacity
  )
  select e.id, e.status, e.partner_id, coalesce(p.status = 'VERIFIED', false), e.venue_id, e.category, e.starts_at,
         coalesce(t.sales_open_at, e.sales_open_at), coalesce(t.sales_close_at, e.sales_close_at),
         search_fold(v.city), v.country, e.currency, t.price_min, t.price_max,
         search_words(e.title || ' ' || v.name || ' ' || v.city), coalesce(t.capacity, 0)
    from unnest(of_events) as wanted (id)
    join events e on e.id = wanted.id
    join venues v on v.venue_id = e.venue_id
    left join partners p on p.partner_id = e.partner_id
   cross join lateral (
      -- Open from the first type's opening to the last one's close.
      select min(price) as price_min, max(price) as price_max,
             least(sum(capacity), 2147483647)::integer as capacity,
             min(greatest(e.sales_open_at, type.sales_open_at)) as sales_open_at,
             max(least(e.sales_close_at, type.sales_close_at)) as sales_close_at
        from ticket_types type
       where type.event_id = e.id and type.channel = 'PUBLIC'
    ) as t
   order by e.id
  on conflict (event_id) do update
     set status = excluded.status, partner_id = excluded.partner_id, may_sell = excluded.may_sell,
         venue_id = excluded.venue_id, category = excluded.category, starts_at = excluded.starts_at,
         sales_open_at = excluded.sales_open_at, sales_close_at = excluded.sales_close_at, city = excluded.city,
         country = excluded.country, currency = excluded.currency, price_min = excluded.price_min,
         price_max = excluded.price_max, words = excluded.words, capacity = excluded.capacity;

  insert into listing_words (word)
  select distinct word
    from unnest(of_events) as wanted (id)
    join event_listings l on l.event_id = wanted.id and l.status = 'PUBLISHED'
   cross join lateral unnest(tsvector_to_array(l.words)) as word
   order by word
  on conflict do nothing;
end $$;

create function list_events_of_changed_partners() returns trigger
language plpgsql as $$
begin
  update event_listings l
     set may_sell = c.status = 'VERIFIED'
    from changed c
   where l.partner_id = c.partner_id and l.may_sell <> (c.status = 'VERIFIED');
  return null;
end $$;

create trigger partners_are_listed after insert on partners
referencing new table as changed for each statement execute function list_events_of_changed_partners();
create trigger partners_are_listed_anew after update on partners
referencing new table as changed for each statement execute function list_events_of_changed_partners();

select list_events(array(select id from events));
