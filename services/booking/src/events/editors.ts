import type { Transaction } from '@tikitu/runtime/database'
import { isAdmin, mayActFor, type Identity } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { refuse } from '@tikitu/runtime/outcome'
import { partnerById } from '../venues/venue.sql.ts'
import { eventForUpdate, type EventRow } from './event.sql.ts'

/** Who may change events: its partner's owners and managers, and machines with the scope. */
const EDITORS = ['OWNER', 'MANAGER'] as const
const EDITOR_SCOPE = 'tikitu/events.write'

/** Whether the caller may change events of the partner. */
function mayEdit(identity: Identity, partnerId: string): boolean {
  return mayActFor(identity, partnerId, EDITORS, EDITOR_SCOPE)
}

/** Whether the caller may change events of the partner, and the partner may sell. */
export async function maySell(tx: Transaction, identity: Identity, partnerId: string): Promise<boolean> {
  if (!isId(partnerId) || !mayEdit(identity, partnerId)) return false
  return (await partnerById(tx, partnerId))?.status === 'VERIFIED'
}

/** The event, locked until the transaction ends, when the caller may change it; support may if `orSupport`. */
export async function editableEvent(
  tx: Transaction,
  { identity, eventId }: { readonly identity: Identity; readonly eventId: string },
  { orSupport }: { readonly orSupport: boolean } = { orSupport: false },
): Promise<EventRow | null> {
  const event = isId(eventId) ? await eventForUpdate(tx, eventId) : undefined
  if (!event) return null
  return mayEdit(identity, event.partnerId) || (orSupport && isAdmin(identity, 'SUPPORT')) ? event : null
}

/** There is none that the caller may change. */
export const noSuchEvent = (eventId: string) => refuse('EventNotFound', 'There is no such event of yours.', { eventId })
