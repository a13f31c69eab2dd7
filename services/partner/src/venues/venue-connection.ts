import { connectionOf, pageOf, type Connection } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import { badInput } from '@tikitu/runtime/fault'
import { isId } from '@tikitu/runtime/ids'
import { reading } from '../reading.ts'
import { searchVenues, type VenueFilter } from './venues.ts'
import type { VenueRow } from './venue.sql.ts'

/** The venues that match the filter and exist for the caller, by name, a page at a time. */
export async function venueConnection(
  context: RequestContext,
  filter: VenueFilter,
  args: { first: number; after?: string | null },
): Promise<Connection<VenueRow>> {
  const page = pageOf(args, 2)
  const search = { ...filter, after: placeOf(page.after), limit: page.limit }
  const rows = await searchVenues(context.database.orm, await reading(context).caller(), search)
  return connectionOf(rows, page, (venue) => [venue.nameKey, venue.id])
}

/** What a cursor stands for. It comes from the client, so it may be anything. */
function placeOf(after: readonly string[] | null): { nameKey: string; id: string } | null {
  if (after === null) return null
  const [nameKey = '', id = ''] = after
  if (!isId(id) || nameKey.includes('\0')) throw badInput('after', 'is not a cursor of this list')
  return { nameKey, id }
}
