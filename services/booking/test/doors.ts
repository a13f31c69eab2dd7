import type { Database } from '@tikitu/runtime/database'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { aPartnerUser } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { checkIn, validateTicket } from '../src/check-ins/check-ins.ts'
import type { Direction } from '../src/check-ins/check-in.rules.ts'
import { uploadScans, type OfflineScan } from '../src/check-ins/uploads.ts'
import { bearerSecrets } from '../src/tickets/bearer.ts'
import { eventKeysByIds } from '../src/tickets/event-key.sql.ts'
import { ticketsOfBookings, type TicketRow } from '../src/tickets/ticket.sql.ts'
import { keyring, TICKET_KEY_SECRET } from './build.ts'
import { hours, type HoldFacts, type SaleFacts } from './sales.ts'
import { aConfirmed, type Told } from './story.ts'

/** The bearer secrets of tests. */
export const secrets = bearerSecrets(TICKET_KEY_SECRET)

/** Doors are open: the event begins in half an hour. */
export const TONIGHT = { startsAt: hours(0.5) }

/** The codes of a booking's tickets as they are now, in their order. */
export async function codesOf(database: Database, booking: Told): Promise<string[]> {
  const [key] = await eventKeysByIds(database.orm, [booking.sale.eventId])
  if (!key) throw new Error('the event has no key')
  return (await ticketsOfBookings(database.orm, [booking.id])).map((ticket) => keyring.codeOf(ticket, key))
}

/** The first ticket of a booking. */
export async function ticketOf(database: Database, booking: Told): Promise<TicketRow> {
  const [ticket] = await ticketsOfBookings(database.orm, [booking.id])
  if (!ticket) throw new Error('the booking has no ticket')
  return ticket
}

/** A ticket for tonight, its code, and somebody who scans it. */
export async function aTicket(database: Database, facts: HoldFacts & SaleFacts = TONIGHT) {
  const booking = await aConfirmed(database, { seatNos: [6], ...facts })
  const [code = ''] = await codesOf(database, booking)
  return { booking, code, eventId: booking.sale.eventId, scanner: aPartnerUser(booking.sale.partnerId, 'SCANNER') }
}

/** A scan under a new nonce at the gate North, unless the test says otherwise. */
export interface Scanned {
  readonly eventId: string
  readonly code: string
  readonly scanner: Identity
  readonly device?: string
  readonly nonce?: string
  readonly gate?: string
  readonly direction?: Direction
}

/** Scans at a door with network. */
export function scan(
  database: Database,
  { eventId, code, scanner, device, nonce = newId(), gate = 'North', direction = 'ENTRY' }: Scanned,
) {
  return transact(database, (tx, at) =>
    checkIn(tx, { eventId, code, nonce, gate, direction, identity: scanner, device, at }),
  )
}

/** Looks at a code as the door would. */
export function look(database: Database, { eventId, code, scanner, device }: Scanned) {
  return transact(database, (tx, at) => validateTicket(tx, { eventId, code, identity: scanner, device, at }))
}

/** A scan without network, ten minutes ago at the gate South unless the test says otherwise. */
export function offline(code: string, facts: Partial<OfflineScan> = {}): OfflineScan {
  const at = new Date(Date.now() - 600_000)
  return { nonce: newId(), code, gate: 'South', direction: 'ENTRY', scannedAt: at, refusedFor: null, ...facts }
}

/** Tells of scans without network. */
export function tell(
  database: Database,
  { eventId, scanner, device }: Pick<Scanned, 'eventId' | 'scanner' | 'device'>,
  ...scans: readonly OfflineScan[]
) {
  return transact(database, (tx, at) => uploadScans(tx, { eventId, scans, identity: scanner, device, at }))
}

/** How many scans at an event are kept. */
export async function scansKept({ pool }: Database, eventId: string): Promise<number> {
  const { rows } = await pool.query<{ kept: number }>(
    'select count(*)::integer as kept from check_ins where event_id = $1',
    [eventId],
  )
  return rows[0]?.kept ?? 0
}
