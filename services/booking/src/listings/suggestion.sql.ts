import type { Queryable } from '@tikitu/runtime/database'
import { sql, type SQL } from 'drizzle-orm'

/** Something that somebody who types this may mean. */
export interface Suggestion extends Record<string, unknown> {
  readonly kind: 'EVENT' | 'VENUE' | 'CITY'
  readonly text: string
  /** Of the most popular event of this title. */
  readonly eventId: string | null
  readonly venueId: string | null
}

/** How many of the most popular events of those that fit are looked at for titles that are new. */
const TITLES_LOOKED_AT = 200

/**
 * Titles, venues and cities of published events in which each of these words begins a word: titles by popularity, once
 * each, then cities, then venues. Words are folded, and letters and digits only.
 */
export async function suggest(db: Queryable, words: readonly string[], limit: number): Promise<Suggestion[]> {
  const { rows } = await db.execute<Suggestion>(suggestionsOf(words, limit))
  return rows
}

/** The statement for it. */
export function suggestionsOf(words: readonly string[], limit: number): SQL {
  const query = words.map((word) => `${word}:*`).join(' & ')
  const asked = sql`to_tsquery('simple', search_fold(${query}))`
  return sql`
    with title as (
      select e.title as text, min(fitting.place) as place, (array_agg(e.id order by fitting.place))[1] as event_id
        from (
          select l.event_id, row_number() over (order by l.popularity desc, l.event_id desc) as place
            from (
              select event_id, popularity
                from event_listings
               where status = 'PUBLISHED' and words @@ ${asked}
               order by popularity desc, event_id desc
               limit ${TITLES_LOOKED_AT}
            ) as l
        ) as fitting
        join events e on e.id = fitting.event_id
       where search_words(e.title) @@ ${asked}
       group by e.title
       order by place
       limit ${limit}
    ), venue as (
      select v.venue_id, v.name, v.city
        from (
          select w.venue_id from venue_listings w
           where w.words @@ ${asked}
             and exists (select from event_listings l where l.venue_id = w.venue_id and l.status = 'PUBLISHED')
           order by w.venue_id
           limit ${TITLES_LOOKED_AT}
        ) as fitting
        join venues v on v.venue_id = fitting.venue_id
    )
    select kind, text, "eventId", "venueId"
      from (
        select 'EVENT' as kind, text, event_id as "eventId", null::uuid as "venueId", 1 as rank, place from title
        union all
        select 'CITY', city, null, null, 2, row_number() over (order by count(*) desc, city)
          from venue where search_words(city) @@ ${asked} group by city
        union all
        select 'VENUE', name, null, venue_id, 3, row_number() over (order by name, venue_id)
          from venue where search_words(name) @@ ${asked}
      ) as suggestion
     -- The best of each kind first, so that a city is not hidden by the titles of its events.
     order by place, rank
     limit ${limit}`
}
