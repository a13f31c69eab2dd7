import type { RequestContext } from '@tikitu/runtime/context'
import { connectionOf, emptyConnection, instantAndId, pageOf, type Connection } from '@tikitu/runtime/connection'
import { isId } from '@tikitu/runtime/ids'
import { listEvents, type EventCriteria, type EventPlace } from './event-list.sql.ts'
import type { EventRow } from './event.sql.ts'
import { readerOf } from './readers.ts'

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
}

/** The most words of a search that count. */
const WORDS_MAX = 10
/** Longer than any city or word; what is longer finds nothing. */
const TERM_MAX = 200

/** Events by start, soonest first. Those that are not on sale only for those who manage them. */
export async function findEvents(
  context: RequestContext,
  wishes: EventWishes,
  args: PageArgs,
): Promise<Connection<EventRow>> {
  const status = wishes.status ?? 'PUBLISHED'
  const criteria = criteriaOf(wishes)
  if (!criteria) return pageOfNothing(args)
  const { everything, partnerIds } = readerOf(context.identity)
  if (status === 'PUBLISHED' || everything) return listPage(context, { statuses: [status], ...criteria }, args)
  const own = criteria.partnerIds?.filter((id) => partnerIds.includes(id)) ?? partnerIds
  if (own.length === 0) return pageOfNothing(args)
  return listPage(context, { ...criteria, statuses: [status], partnerIds: own }, args)
}

/** Published events at a venue, soonest first. */
export async function eventsOfVenue(
  context: RequestContext,
  venueId: string,
  args: PageArgs,
): Promise<Connection<EventRow>> {
  if (!isId(venueId)) return pageOfNothing(args)
  return listPage(context, { statuses: ['PUBLISHED'], venueId }, args)
}

/** Published events of a partner, soonest first, and its drafts for those who manage them. */
export async function eventsOfPartner(
  context: RequestContext,
  partnerId: string,
  args: PageArgs,
): Promise<Connection<EventRow>> {
  if (!isId(partnerId)) return pageOfNothing(args)
  const { everything, partnerIds } = readerOf(context.identity)
  const seesDrafts = everything || partnerIds.includes(partnerId)
  return listPage(
    context,
    { statuses: seesDrafts ? ['PUBLISHED', 'DRAFT'] : ['PUBLISHED'], partnerIds: [partnerId] },
    args,
  )
}

async function listPage(
  { database }: RequestContext,
  criteria: EventCriteria,
  args: PageArgs,
): Promise<Connection<EventRow>> {
  const page = pageOf(args, 2)
  const after = page.after && placeOf(page.after)
  const rows = await listEvents(database.orm, criteria, { after, limit: page.limit })
  return connectionOf(rows, page, ({ startsAt, id }) => [startsAt.toISOString(), id])
}

/** A bad page is bad even where there is nothing to page through. */
function pageOfNothing(args: PageArgs): Connection<never> {
  const { after } = pageOf(args, 2)
  if (after) placeOf(after)
  return emptyConnection()
}

function placeOf(cursor: readonly string[]): EventPlace {
  const { instant, id } = instantAndId(cursor)
  return { startsAt: instant, id }
}

/** Null when nothing can fit: an id that is none, a search without a word, a NUL, a city with a novel for a name. */
function criteriaOf(wishes: EventWishes): Omit<EventCriteria, 'statuses'> | null {
  const { text, city, country, category, startsFrom, startsBefore, venueId, partnerId } = wishes
  const terms = [text, city, country].filter((term) => term != null)
  if (terms.some((term) => term.length > TERM_MAX || term.includes('\0'))) return null
  if ([venueId, partnerId].some((id) => id != null && !isId(id))) return null
  const words = text?.match(/[\p{L}\p{N}]+/gu)?.slice(0, WORDS_MAX)
  if (text != null && !words) return null
  return {
    ...(words && { words }),
    ...(city != null && { city: city.trim() }),
    ...(country != null && { country }),
    ...(category != null && { category }),
    ...(startsFrom != null && { startsFrom }),
    ...(startsBefore != null && { startsBefore }),
    ...(venueId != null && { venueId }),
    ...(partnerId != null && { partnerIds: [partnerId] }),
  }
}
