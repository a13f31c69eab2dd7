import { connectionOf, pageOf, type Connection } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import { badInput } from '@tikitu/runtime/fault'
import { isId } from '@tikitu/runtime/ids'
import { isStorable } from '@tikitu/runtime/instant'
import type { EventRow } from '../events/event.sql.ts'
import { readerOf } from '../events/readers.ts'
import {
  keyTypesOf,
  listEvents,
  similarWords,
  type EventCriteria,
  type ListedEvent,
  type SearchedWord,
} from './listing.sql.ts'
import { couldBeName, problemOfNear, wordsOf, type EventSort, type Near } from './search.rules.ts'

/** Around a point, unless somebody says how far, in kilometres. */
const RADIUS_KM = 50

/** What a client asks of a list. */
interface PageArgs {
  readonly first: number
  readonly after?: string | null | undefined
}

/** What narrows the list of events, as clients write it. */
export interface EventWishes {
  readonly text?: string | null | undefined
  readonly city?: string | null | undefined
  readonly country?: string | null | undefined
  readonly category?: EventRow['category'] | null | undefined
  readonly startsFrom?: Date | null | undefined
  readonly startsBefore?: Date | null | undefined
  readonly venueId?: string | null | undefined
  readonly partnerId?: string | null | undefined
  readonly status?: EventRow['status'] | null | undefined
  readonly near?: (Omit<Near, 'radiusKm'> & { readonly radiusKm?: number }) | null | undefined
  readonly priceFrom?: number | null | undefined
  readonly priceTo?: number | null | undefined
  readonly currency?: string | null | undefined
  readonly availableNow?: boolean | null | undefined
}

/** A page of events, and whether words were taken for others that are like them. */
export interface EventList {
  readonly edges: readonly (Connection<ListedEvent>['edges'][number] & { readonly distanceKm: number | null })[]
  readonly pageInfo: Connection<ListedEvent>['pageInfo']
  readonly corrected: boolean
}

/**
 * Events that fit, in the order that is asked for. Those that are not on sale only for those who manage them. When no
 * event has the words that were typed, those are found that have similar ones.
 */
export async function findEvents(
  context: RequestContext,
  wishes: EventWishes,
  { sort, ...args }: PageArgs & { readonly sort: EventSort },
): Promise<EventList> {
  const { text } = wishes
  const near = wishes.near && { radiusKm: RADIUS_KM, ...wishes.near }
  const problem = near && problemOfNear(near)
  if (problem) throw badInput(`filter.near.${problem.field}`, problem.message)
  if (sort === 'DISTANCE' && !near) throw badInput('sort', 'needs filter.near')
  if ((wishes.priceFrom != null || wishes.priceTo != null) && wishes.currency == null) {
    throw badInput('filter.currency', 'is required with a price')
  }
  const place = placeOf(args, sort)
  const criteria = criteriaOf(wishes)
  const words = text == null ? undefined : wordsOf(text)
  const who = visibleTo(context, wishes.status ?? 'PUBLISHED', criteria?.partnerIds)
  if (!criteria || !who || words?.length === 0) return nothing()

  const list = (searched: readonly SearchedWord[] | undefined, corrected: boolean) =>
    listPage(
      context,
      { ...criteria, ...who, ...(near && { near }), ...(searched && { words: searched }) },
      { ...place, sort, corrected },
    )
  if (!words) return list(undefined, false)
  const asTyped = words.map((typed) => ({ typed, similar: [] }))
  if (!place.corrected) {
    const found = await list(asTyped, false)
    if (found.edges.length > 0 || place.after) return found
  }
  const searched = await similarWords(context.database.orm, words)
  return searched.some(({ similar }) => similar.length > 0) ? list(searched, true) : nothing()
}

/** Published events at a venue, soonest first. */
export async function eventsOfVenue(context: RequestContext, venueId: string, args: PageArgs): Promise<EventList> {
  const place = placeOf(args, 'DATE')
  if (!isId(venueId)) return nothing()
  return listPage(context, { statuses: ['PUBLISHED'], venueId }, { ...place, sort: 'DATE' })
}

/** Published events of a partner, soonest first, and its drafts for those who manage them. */
export async function eventsOfPartner(context: RequestContext, partnerId: string, args: PageArgs): Promise<EventList> {
  const place = placeOf(args, 'DATE')
  if (!isId(partnerId)) return nothing()
  const { everything, partnerIds } = readerOf(context.identity)
  const seesDrafts = everything || partnerIds.includes(partnerId)
  const statuses = seesDrafts ? (['PUBLISHED', 'DRAFT'] as const) : (['PUBLISHED'] as const)
  return listPage(context, { statuses, partnerIds: [partnerId] }, { ...place, sort: 'DATE' })
}

/** Whose events of this status the caller may list; null when there are none. */
function visibleTo(context: RequestContext, status: EventRow['status'], asked: readonly string[] | undefined) {
  const { everything, partnerIds } = readerOf(context.identity)
  if (status === 'PUBLISHED' || everything) return { statuses: [status] }
  const own = asked?.filter((id) => partnerIds.includes(id)) ?? partnerIds
  return own.length === 0 ? null : { statuses: [status], partnerIds: own }
}

/** A place in a list, and how it came to be one. */
interface Place {
  readonly limit: number
  readonly after: readonly string[] | null
  readonly corrected: boolean
}

/** A cursor says the sort that it belongs to, and whether words were corrected: with another list it is BAD_USER_INPUT. */
function placeOf(args: PageArgs, sort: EventSort): Place {
  const types = keyTypesOf(sort)
  const { limit, after } = pageOf(args, types.length + 1)
  if (!after) return { limit, after: null, corrected: false }
  const [kind, ...keys] = after
  const isOfThisList = kind === sort || kind === `${sort} corrected`
  if (!isOfThisList || !keys.every((key, index) => fits(key, types[index])))
    throw badInput('after', 'is not a cursor of this list')
  return { limit, after: keys, corrected: kind !== sort }
}

function fits(key: string, type: string | undefined): boolean {
  if (type === 'uuid') return isId(key)
  if (type === 'timestamptz') return isStorable(new Date(key))
  return /^-?\d{1,9}(\.\d{1,20})?(e[+-]?\d{1,3})?$/.test(key)
}

async function listPage(
  { database }: RequestContext,
  criteria: EventCriteria,
  { sort, corrected = false, limit, after }: Omit<Place, 'corrected'> & { sort: EventSort; corrected?: boolean },
): Promise<EventList> {
  const rows = await listEvents(database.orm, criteria, { sort, after, limit })
  const kind = corrected ? `${sort} corrected` : sort
  const page = connectionOf(rows, { limit, after }, ({ keys }) => [kind, ...keys])
  const edges = page.edges.map((edge) => ({ ...edge, distanceKm: edge.node.distanceKm }))
  return { edges, pageInfo: page.pageInfo, corrected: corrected && rows.length > 0 }
}

const nothing = (): EventList => ({ edges: [], pageInfo: { hasNextPage: false, endCursor: null }, corrected: false })

/** Null when nothing can fit: an id that is none, a NUL, a city with a novel for a name. */
function criteriaOf(wishes: EventWishes): Omit<EventCriteria, 'statuses'> | null {
  const { text, city, country, currency, category, startsFrom, startsBefore, venueId, partnerId } = wishes
  const { priceFrom, priceTo, availableNow } = wishes
  const terms = [text, city, country, currency].filter((term) => term != null)
  if (!terms.every(couldBeName)) return null
  if ([venueId, partnerId].some((id) => id != null && !isId(id))) return null
  return {
    ...(city != null && { city: city.trim() }),
    ...(country != null && { country }),
    ...(currency != null && { currency }),
    ...(category != null && { category }),
    ...(startsFrom != null && { startsFrom }),
    ...(startsBefore != null && { startsBefore }),
    ...(venueId != null && { venueId }),
    ...(partnerId != null && { partnerIds: [partnerId] }),
    ...(priceFrom != null && { priceFrom }),
    ...(priceTo != null && { priceTo }),
    ...(availableNow != null && { availableNow }),
  }
}
