import { connectionOf, emptyConnection, pageOf, type Connection } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import { badInput } from '@tikitu/runtime/fault'
import { isAdmin, mayActFor } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import type { EventRow } from '../events/event.sql.ts'
import { ticketsWithoutSeat, type TicketRow } from './ticket.sql.ts'

/** A page of the good tickets whose seats the event's plan does not have any more. None for who does not manage its sales. */
export async function displacedTickets(
  { database, identity }: Pick<RequestContext, 'database' | 'identity'>,
  { id: eventId, partnerId }: EventRow,
  args: { readonly first: number; readonly after?: string | null | undefined },
): Promise<Connection<TicketRow>> {
  const page = pageOf(args, 1)
  const after = page.after?.[0] ?? null
  if (after !== null && !isId(after)) throw badInput('after', 'is not a cursor of this list')
  const mayKnow = isAdmin(identity) || mayActFor(identity, partnerId, ['OWNER', 'MANAGER'], 'tikitu/sales.read')
  if (!mayKnow) return emptyConnection()
  const rows = await ticketsWithoutSeat(database.orm, { eventId, after, limit: page.limit })
  return connectionOf(rows, page, ({ id }) => [id])
}
