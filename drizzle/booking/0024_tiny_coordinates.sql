-- A coordinate smaller than any map is drawn in, such as 5e-324, is beneath what the functions of earthdistance can work
-- with, and the fact that brought it would be tried for ever: to seven decimals, a centimetre, it is zero.
create or replace function list_changed_venues() returns trigger
language plpgsql as $$
begin
  insert into venue_listings (venue_id, location, words)
  select venue_id,
         ll_to_earth(round(latitude::numeric, 7)::float8, round(longitude::numeric, 7)::float8)::cube,
         search_words(name || ' ' || city)
    from changed
   order by venue_id
  on conflict (venue_id) do update set location = excluded.location, words = excluded.words;
  perform list_events(array(select e.event_id from event_listings e join changed c on c.venue_id = e.venue_id));
  return null;
end $$;
