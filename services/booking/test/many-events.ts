import type { Database } from '@tikitu/runtime/database'

/** Words for titles: the first are in many of them, the last in few, as in real ones. */
const WORDS =
  `the of night live festival tour orchestra summer winter jazz rock opera ballet comedy symphony evening quartet grand gala
  royal acoustic electric metallica coldplay beethoven mozart requiem carmen tosca nutcracker swan lake hamlet macbeth derby
  final championship marathon symposium congress workshop family circus magic parade lantern harvest carnival`.split(
    /\s+/,
  )

/** Events in one statement, which must not take longer than any other. */
const CHUNK = 10_000

/**
 * So many published events of the coming two years at a twentieth as many venues of four hundred cities, with a ticket
 * type each, written in a few statements; what lists go by follows by the triggers. Statistics are up to date afterwards.
 */
export async function manyEvents({ pool }: Database, count: number): Promise<void> {
  const venues = Math.ceil(count / 20)
  await pool.query(`select setseed(0.42)`)
  await pool.query(
    `insert into partners (partner_id, status, commission_basis_points, commission_fixed_per_ticket, changed_at)
     select md5('partner ' || n)::uuid, 'VERIFIED', 500, 0, now() from generate_series(1, 50) as n`,
  )
  await pool.query(
    `insert into venues (venue_id, partner_id, name, city, country, latitude, longitude, timezone, capacity, is_active, version)
     select md5('venue ' || n)::uuid, md5('partner ' || n % 50 + 1)::uuid, 'Hall ' || n, 'City ' || n % 400,
            (array['GB', 'DE', 'FR', 'ES', 'IT', 'PL', 'CZ', 'NL'])[n % 400 % 8 + 1],
            36 + (n % 400) / 20 + random() * 0.3, -9 + n % 400 % 20 * 1.5 + random() * 0.3, 'Europe/London', 5000, true, 1
       from generate_series(1, $1) as n`,
    [venues],
  )
  await pool.query('analyze venues')
  // The trigger of the ticket types lists them: once is enough.
  await pool.query('alter table events disable trigger events_are_listed')
  for (let first = 1; first <= count; first += CHUNK) {
    // A word of rank r is as frequent as 1 / r. Many thousands of names besides, so that most words are in few titles.
    await pool.query(
      `insert into events (id, partner_id, venue_id, title, category, status, starts_at, ends_at, doors_at, timezone,
                           sales_open_at, sales_close_at, currency, max_tickets_per_buyer, created_at, published_at)
       select md5('event ' || n)::uuid, v.partner_id, v.venue_id,
              initcap(array_to_string(array(
                select ($2::text[])[floor(power(cardinality($2::text[])::float8, random() + n * 0))::integer] from generate_series(1, 3)
              ), ' ')) || ' ' || initcap(substr(translate(md5('name ' || n % 20000), '0123456789', 'ghijklmnop'), 1, 7)),
              (array['MUSIC', 'SPORT', 'THEATRE', 'COMEDY', 'CONFERENCE', 'FESTIVAL', 'FAMILY', 'OTHER'])[n % 8 + 1], 'PUBLISHED',
              t.starts_at, t.starts_at + interval '3 hours', t.starts_at - interval '1 hour', 'Europe/London',
              now() - interval '1 day', t.starts_at, 'EUR', 10, now(), now()
         from generate_series($1::integer, $4::integer) as n
         join venues v on v.venue_id = md5('venue ' || n % $3 + 1)::uuid
        cross join lateral (
          select date_trunc('minute', now() + interval '1 day' + random() * interval '2 years' + n * interval '0') as starts_at
        ) as t`,
      [first, WORDS, venues, Math.min(count, first + CHUNK - 1)],
    )
    await pool.query(
      `insert into ticket_types (id, event_id, no, name, seated, price, capacity, min_per_booking, max_per_booking)
       select md5('type ' || id)::uuid, id, 1, 'Standing', false, 500 + floor(random() * 200) * 100, 500, 1, 10
         from generate_series($1::integer, $2::integer) as n cross join lateral (select md5('event ' || n)::uuid as id) as e`,
      [first, Math.min(count, first + CHUNK - 1)],
    )
  }
  await pool.query('alter table events enable trigger events_are_listed')
  await pool.query(
    'update event_listings set popularity = 40 * random() ^ 4, sold = case when random() < 0.1 then capacity else 0 end',
  )
  for (const table of ['events', 'event_listings', 'listing_words', 'venue_listings', 'ticket_types']) {
    await pool.query(`vacuum analyze ${table}`)
  }
}
