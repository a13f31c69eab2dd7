import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  pgTable,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { instant, money, tsvector } from './columns.ts'
import { EVENT_CATEGORIES, EVENT_STATUSES, events } from './events.ts'

/** A point on the globe, as the extension earthdistance has it; made by `ll_to_earth`. */
const earthPoint = customType<{ data: string }>({ dataType: () => 'cube' })

/**
 * What lists of events are narrowed and sorted by, a row for each event, written by triggers whenever the event, its
 * ticket types or its venue change (drizzle/booking), so that no verb can forget it. How much is sold and held is counted
 * here every few seconds, behind the sales: see src/listings/demand.ts.
 */
export const eventListings = pgTable(
  'event_listings',
  {
    eventId: uuid('event_id')
      .primaryKey()
      .references(() => events.id),
    status: text('status', { enum: EVENT_STATUSES }).notNull(),
    partnerId: uuid('partner_id').notNull(),
    /** Whether the partner is verified. */
    maySell: boolean('may_sell').notNull().default(false),
    venueId: uuid('venue_id').notNull(),
    category: text('category', { enum: EVENT_CATEGORIES }).notNull(),
    startsAt: instant('starts_at').notNull(),
    salesOpenAt: instant('sales_open_at'),
    salesCloseAt: instant('sales_close_at').notNull(),
    /** The name of the city as `search_fold` writes it. */
    city: text('city').notNull(),
    country: text('country').notNull(),
    currency: text('currency').notNull(),
    /** Of the cheapest and the dearest of the tickets that everybody can buy; null while it has none. Prices, places and times of sale are theirs. */
    priceMin: money('price_min'),
    priceMax: money('price_max'),
    /** The words of title, venue and city, as `search_fold` writes them. */
    words: tsvector('words').notNull(),
    capacity: integer('capacity').notNull(),
    sold: integer('sold').notNull().default(0),
    held: integer('held').notNull().default(0),
    hasPlaces: boolean('has_places')
      .notNull()
      .generatedAlwaysAs(sql`capacity > sold + held`),
    /** Tickets sold, each week later counting twice as much, as a power of two: it never has to be written because time passes. */
    popularity: doublePrecision('popularity').notNull().default(0),
  },
  (table) => [
    index('event_listings_by_start').on(table.status, table.startsAt, table.eventId),
    index('event_listings_by_category').on(table.status, table.category, table.startsAt, table.eventId),
    index('event_listings_by_city').on(table.status, table.city, table.startsAt, table.eventId),
    index('event_listings_by_country').on(table.status, table.country, table.startsAt, table.eventId),
    index('event_listings_by_partner').on(table.partnerId, table.startsAt, table.eventId),
    index('event_listings_by_venue').on(table.venueId, table.startsAt, table.eventId),
    index('event_listings_by_popularity').on(table.status, table.popularity, table.eventId),
    index('event_listings_by_city_popularity').on(table.status, table.city, table.popularity, table.eventId),
    index('event_listings_by_category_popularity').on(table.status, table.category, table.popularity, table.eventId),
    // For prices that next to nothing has: the planner knows how few there are.
    index('event_listings_by_cheapest').on(table.status, table.currency, table.priceMin),
    index('event_listings_by_dearest').on(table.status, table.currency, table.priceMax),
    index('event_listings_by_words').using('gin', table.words),
  ],
)

/** Every word of a published event, once: what a word that nothing has may have been meant for. */
export const listingWords = pgTable('listing_words', { word: text('word').primaryKey() }, (table) => [
  index('listing_words_by_trigrams').using('gin', table.word.op('gin_trgm_ops')),
])

/** Where a venue is, and the words of its name and city: one row for each that is known. */
export const venueListings = pgTable(
  'venue_listings',
  {
    venueId: uuid('venue_id').primaryKey(),
    /** Null when nobody said. */
    location: earthPoint('location'),
    words: tsvector('words').notNull(),
  },
  (table) => [
    index('venue_listings_by_location').using('gist', table.location),
    index('venue_listings_by_words').using('gin', table.words),
  ],
)

/** How far the counting of sold and held places is: one row. */
export const demandProgress = pgTable('demand_progress', {
  id: smallint('id').primaryKey(),
  /** Facts up to this position of the outbox are counted. */
  position: bigint('position', { mode: 'number' }).notNull(),
  /** Events of which something was held when it was counted last. */
  holding: uuid('holding').array().notNull(),
})
