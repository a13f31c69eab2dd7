import type { Queryable } from '@tikitu/runtime/database'
import { and, asc, eq, gte, inArray, lt, sql, type SQL } from 'drizzle-orm'
import { events, venues } from '../tables.ts'
import { EVENT_COLUMNS, type EventRow } from './event.sql.ts'

/** Which events a list is about; conditions are combined with and. */
export interface EventCriteria {
  readonly statuses: readonly EventRow['status'][]
  /** Only of these partners; everybody's when it is not said. */
  readonly partnerIds?: readonly string[]
  readonly venueId?: string
  /** Whole words or beginnings of words of the title, letters and digits only. */
  readonly words?: readonly string[]
  readonly city?: string
  readonly country?: string
  readonly category?: EventRow['category']
  readonly startsFrom?: Date
  readonly startsBefore?: Date
}

/** Where a page begins: after the event that the page before ended with. */
export interface EventPlace {
  readonly startsAt: Date
  readonly id: string
}

/** Events by start, soonest first: at most `limit` of those after a place. */
export function listEvents(
  db: Queryable,
  criteria: EventCriteria,
  { after, limit }: { after: EventPlace | null; limit: number },
): Promise<EventRow[]> {
  return db
    .select(EVENT_COLUMNS)
    .from(events)
    .where(and(...conditionsOf(criteria), after ? isAfter(after) : undefined))
    .orderBy(asc(events.startsAt), asc(events.id))
    .limit(limit)
}

const isAfter = ({ startsAt, id }: EventPlace) => sql`(${events.startsAt}, ${events.id}) > (${startsAt}, ${id}::uuid)`

function conditionsOf(criteria: EventCriteria): (SQL | undefined)[] {
  const { statuses, partnerIds, venueId, words, city, country, category, startsFrom, startsBefore } = criteria
  return [
    statuses[0] && statuses.length === 1 ? eq(events.status, statuses[0]) : inArray(events.status, [...statuses]),
    partnerIds && inArray(events.partnerId, [...partnerIds]),
    venueId === undefined ? undefined : eq(events.venueId, venueId),
    words && sql`${events.titleWords} @@ to_tsquery('simple', ${words.map((word) => `${word}:*`).join(' & ')})`,
    city === undefined ? undefined : atVenues(sql`lower(${venues.city}) = lower(${city})`),
    country === undefined ? undefined : atVenues(sql`${venues.country} = ${country}`),
    category && eq(events.category, category),
    startsFrom && gte(events.startsAt, startsFrom),
    startsBefore && lt(events.startsAt, startsBefore),
  ]
}

const atVenues = (condition: SQL) =>
  sql`${events.venueId} in (select ${venues.venueId} from ${venues} where ${condition})`
