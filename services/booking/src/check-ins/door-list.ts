import type { Queryable } from '@tikitu/runtime/database'
import { badInput } from '@tikitu/runtime/fault'
import { isId } from '@tikitu/runtime/ids'
import { eventKeysByIds } from '../tickets/event-key.sql.ts'
import { keyIdOf } from '../tickets/ticket-code.ts'
import { doorFor, type Keeper } from './door.ts'
import { oldestUnfinished, ticketsChangedSince, type Place, type TicketState } from './door-list.sql.ts'

/*
 * What a door needs to decide without network. An entry is 19 bytes: the ticket's id (16), its code version (2, big
 * endian) and its state (1): 0 may come in, 1 is inside, 2 is worth nothing. With the event's public key that is all: a
 * genuine code of the listed version of a ticket in state 0 is let in. The whole list of 40,000 tickets is four pages.
 */
const ENTRY_BYTES = 19
const PAGE_TICKETS = 10_000

/** A page of the list of an event's tickets, or of what has changed in it. */
export interface DoorList {
  readonly eventId: string
  /** Base64url of the 32 bytes of the event's Ed25519 key. */
  readonly publicKey: string
  readonly keyId: string
  readonly version: string
  readonly hasMore: boolean
  readonly size: number
  /** Base64url of the entries, each of `ENTRY_BYTES`. */
  readonly entries: string
}

/**
 * The list of an event's tickets from its beginning, or what has changed since the version of an earlier answer. Null when
 * it is not the keeper's door.
 */
export async function doorList(
  db: Queryable,
  { eventId, since, ...keeper }: Keeper & { eventId: string; since?: string | null },
) {
  const kept = await doorFor(db, keeper, eventId)
  const [key] = kept ? await eventKeysByIds(db, [eventId]) : []
  if (!key) return null
  // Before the tickets: whatever commits in between is in this answer, and again in the next.
  const floor = await oldestUnfinished(db)
  const begun = since == null ? { floor, after: START } : placeIn(since, floor)
  const rows = await ticketsChangedSince(db, { eventId, after: begun.after, limit: PAGE_TICKETS + 1 })
  const page = rows.slice(0, PAGE_TICKETS)
  const hasMore = rows.length > PAGE_TICKETS
  return {
    eventId,
    publicKey: key.publicKey.toString('base64url'),
    keyId: keyIdOf(key.publicKey),
    version: hasMore ? midway(begun.floor, page.at(-1)) : String(begun.floor),
    hasMore,
    size: page.length,
    entries: Buffer.concat(page.map(entryOf)).toString('base64url'),
  }
}

/** Before all tickets. */
const START: Place = { changedIn: -1, id: '00000000-0000-0000-0000-000000000000' }

const VERSION = /^(\d{1,15})(?:\.(\d{1,15})\.([\da-f-]{36}))?$/

/**
 * Where an earlier answer ended. Between the pages of one list its version says from where the next list begins, and
 * where this one goes on. One from after the present, as there is when the database was set up anew, begins from the start.
 */
function placeIn(version: string, floor: number): { floor: number; after: Place } {
  const [, begun, changedIn, id] = VERSION.exec(version) ?? []
  if (begun === undefined || (id !== undefined && !isId(id))) throw badInput('since', 'is not a version of this list')
  if (Number(begun) > floor) return { floor, after: START }
  if (changedIn !== undefined && id !== undefined)
    return { floor: Number(begun), after: { changedIn: Number(changedIn), id } }
  return { floor, after: { ...START, changedIn: Number(begun) - 1, id: LAST_ID } }
}

const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

function midway(floor: number, last: TicketState | undefined): string {
  if (!last) throw new Error('a page without tickets has no next one')
  return `${floor}.${last.changedIn}.${last.id}`
}

function entryOf({ id, codeVersion, status, inside }: TicketState): Buffer {
  const entry = Buffer.alloc(ENTRY_BYTES)
  entry.write(id.replaceAll('-', ''), 0, 'hex')
  entry.writeUInt16BE(codeVersion, 16)
  const isWorthNothing = status === 'CANCELLED' || status === 'EXPIRED'
  entry.writeUInt8(isWorthNothing ? 2 : Number(inside), 18)
  return entry
}
