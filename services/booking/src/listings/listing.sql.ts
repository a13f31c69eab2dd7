import type { Queryable } from '@tikitu/runtime/database'
import { eq, getTableColumns, sql, type SQL } from 'drizzle-orm'
import type { EventRow } from '../events/event.sql.ts'
import { events } from '../tables.ts'
import type { EventSort, Near } from './search.rules.ts'

/** Which events a list is about; conditions are combined with and. */
export interface EventCriteria {
  readonly statuses: readonly EventRow['status'][]
  /** Only of these partners; everybody's when it is not said. */
  readonly partnerIds?: readonly string[]
  readonly venueId?: string
  /** For each word what it may be: the beginning of a word, or one of the words that it may have been meant for. */
  readonly words?: readonly SearchedWord[]
  readonly city?: string
  readonly country?: string
  readonly category?: EventRow['category']
  readonly startsFrom?: Date
  readonly startsBefore?: Date
  /** In minor units of `currency`: only events of which some ticket may cost that much. */
  readonly priceFrom?: number
  readonly priceTo?: number
  readonly currency?: string
  readonly availableNow?: boolean
  readonly near?: Near
}

/** A word as it was typed, folded, and other words that it may have been meant for. */
export interface SearchedWord {
  readonly typed: string
  readonly similar: readonly string[]
}

/** An event in a list. */
export type ListedEvent = EventRow & {
  /** Kilometres from the point that was asked about. */
  readonly distanceKm: number | null
  /** What the list is sorted by, as a cursor says it. */
  readonly keys: readonly string[]
}

/** What one sort is by, in order: how each key is read from a listing, and what it is compared as. */
interface Sorting {
  readonly keys: readonly { readonly column: SQL; readonly type: 'timestamptz' | 'uuid' | 'float8' }[]
  readonly direction: 'asc' | 'desc'
}

const STARTS_AT = { column: sql`l.starts_at`, type: 'timestamptz' } as const
const EVENT_ID = { column: sql`l.event_id`, type: 'uuid' } as const
const SORTINGS: Readonly<Record<EventSort, Sorting>> = {
  DATE: { keys: [STARTS_AT, EVENT_ID], direction: 'asc' },
  POPULARITY: { keys: [{ column: sql`l.popularity`, type: 'float8' }, EVENT_ID], direction: 'desc' },
  // All events of a venue are as far: the nearest venue first, and its events by start.
  DISTANCE: {
    keys: [
      { column: sql`near.metres`, type: 'float8' },
      { column: sql`near.venue_id`, type: 'uuid' },
      STARTS_AT,
      EVENT_ID,
    ],
    direction: 'asc',
  },
}

/** What the keys of a sort are compared as. */
export function keyTypesOf(sort: EventSort): readonly string[] {
  return SORTINGS[sort].keys.map(({ type }) => type)
}

/** Which page of which order. */
export interface ListPage {
  readonly sort: EventSort
  /** As many texts as the sort has keys, which the caller has looked at. */
  readonly after: readonly string[] | null
  readonly limit: number
}

/** Events in the order of a sort: at most `limit` of those after a place. Sorting by distance needs `near`. */
export function listEvents(db: Queryable, criteria: EventCriteria, page: ListPage): Promise<ListedEvent[]> {
  return db
    .select({
      ...getTableColumns(events),
      distanceKm: sql<number | null>`page.metres / 1000`,
      keys: sql<string[]>`page.keys`,
    })
    .from(sql`(${listingsOf(criteria, page)}) as page`)
    .innerJoin(events, eq(events.id, sql`page.event_id`))
    .orderBy(sql`page.place`)
}

/**
 * The ids of a page with its keys. The statement consists of the conditions that were given and no others: one with
 * `p is null or …` would be planned for all of them at once, and read every event.
 */
export function listingsOf(criteria: EventCriteria, { sort, after, limit }: ListPage): SQL {
  const { keys, direction } = SORTINGS[sort]
  const order = sql.raw(direction)
  const columns = sql.join(
    keys.map(({ column }) => column),
    sql`, `,
  )
  const orderBy = sql.join(
    keys.map(({ column }) => sql`${column} ${order}`),
    sql`, `,
  )
  const texts = keys.map(({ column, type }) =>
    type === 'timestamptz' ? sql`iso_instant(${column})` : sql`${column}::text`,
  )
  const conditions = conditionsOf(criteria)
  if (after) {
    const place = keys.map(({ type }, index) => sql`${after[index] ?? null}::${sql.raw(type)}`)
    conditions.push(sql`(${columns}) ${sql.raw(direction === 'asc' ? '>' : '<')} (${sql.join(place, sql`, `)})`)
  }
  return sql`
    select picked.*, row_number() over () as place
      from (
        select l.event_id, ${criteria.near ? sql`near.metres` : sql`null::float8`} as metres,
               array[${sql.join(texts, sql`, `)}] as keys
          from event_listings l
          ${criteria.near ? sql`join (${venuesNear(criteria.near)}) as near on near.venue_id = l.venue_id` : sql``}
         where ${sql.join(conditions, sql` and `)}
         order by ${orderBy}
         limit ${limit}
      ) as picked`
}

function conditionsOf(criteria: EventCriteria): SQL[] {
  const { statuses, partnerIds, venueId, words, city, country, category, startsFrom, startsBefore } = criteria
  const { priceFrom, priceTo, currency, availableNow } = criteria
  const [status] = statuses
  const conditions = [
    statuses.length === 1 && status ? sql`l.status = ${status}` : sql`l.status = any(${sql.param([...statuses])})`,
    partnerIds && sql`l.partner_id = any(${sql.param([...partnerIds])}::uuid[])`,
    venueId === undefined ? undefined : sql`l.venue_id = ${venueId}`,
    words && sql`l.words @@ to_tsquery('simple', search_fold(${queryOf(words)}))`,
    city === undefined ? undefined : sql`l.city = search_fold(${city})`,
    country === undefined ? undefined : sql`l.country = ${country}`,
    category && sql`l.category = ${category}`,
    startsFrom && sql`l.starts_at >= ${startsFrom.toISOString()}::timestamptz`,
    startsBefore && sql`l.starts_at < ${startsBefore.toISOString()}::timestamptz`,
    currency === undefined ? undefined : sql`l.currency = ${currency}`,
    priceFrom === undefined ? undefined : sql`l.price_max >= ${priceFrom}`,
    priceTo === undefined ? undefined : sql`l.price_min <= ${priceTo}`,
    availableNow === true ? sql`${IS_AVAILABLE}` : undefined,
    availableNow === false ? sql`(${IS_AVAILABLE}) is not true` : undefined,
  ]
  return conditions.filter((condition) => condition !== undefined)
}

/** On sale, by a partner that may sell, and not all of it sold or held. */
const IS_AVAILABLE = sql`(l.has_places and l.may_sell and l.sales_open_at <= now() and l.sales_close_at > now())`

/** Each word, or one that it may have been meant for. Words are letters and digits, so none is an operator. */
function queryOf(words: readonly SearchedWord[]): string {
  return words.map(({ typed, similar }) => `(${[`${typed}:*`, ...similar].join(' | ')})`).join(' & ')
}

/** The venues around a point and how far they are. */
function venuesNear({ latitude, longitude, radiusKm }: Near): SQL {
  // To the centimetre: what is smaller, such as 5e-324, is beneath what these functions can work with.
  const point = sql`ll_to_earth(${Number(latitude.toFixed(7))}::float8, ${Number(longitude.toFixed(7))}::float8)`
  const metres = Math.max(0.01, radiusKm * 1000)
  return sql`
    select v.venue_id, earth_distance(v.location::earth, ${point}) as metres
      from venue_listings v
     where v.location <@ earth_box(${point}, ${metres}::float8)
       and earth_distance(v.location::earth, ${point}) <= ${metres}::float8`
}

/** For each word those of published events that it may have been meant for, most similar first. */
export async function similarWords(db: Queryable, typed: readonly string[]): Promise<SearchedWord[]> {
  const { rows } = await db.execute<{ typed: string; similar: string[] }>(similarWordsOf(typed))
  return rows
}

/** The statement for it. */
export function similarWordsOf(typed: readonly string[]): SQL {
  return sql`
    select t.typed, array(
             select w.word from listing_words w
              where w.word % search_fold(t.typed)
              order by similarity(w.word, search_fold(t.typed)) desc, w.word
              limit ${SIMILAR_MAX}
           ) as similar
      from unnest(${sql.param([...typed])}::text[]) with ordinality as t (typed, place)
     order by t.place`
}

/** How many words a word may have been meant for. */
const SIMILAR_MAX = 5
