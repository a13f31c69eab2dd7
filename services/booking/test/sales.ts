import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { eq } from 'drizzle-orm'
import type { HeldTickets } from '../src/holds/hold.rules.ts'
import { holdGeneralAdmission, holdSeats } from '../src/holds/holds.ts'
import { ticketTypes } from '../src/tables.ts'
import { anEvent, aPartner } from './build.ts'

const HOUR = 3_600_000

/** So many hours from now; a negative number lies in the past. */
export const hours = (count: number) => new Date(Date.now() + count * HOUR)

/** What may be said about a sale; everything has a default. */
export interface SaleFacts {
  readonly startsAt?: Date
  readonly doorsAt?: Date
  /** Of each of its twelve seats; 2,500 unless said. */
  readonly seatPrice?: number
  /** Of each unit of general admission; 1,000 unless said. */
  readonly unitPrice?: number
  /** Units of general admission that there are; 10 unless said. */
  readonly capacity?: number
  /** How many tickets one buyer may have; 100 unless said. */
  readonly maxTicketsPerBuyer?: number
  readonly commission?: { readonly basisPoints: number; readonly fixedPerTicket: number }
}

/** An event on sale. */
export interface Sale {
  readonly eventId: string
  readonly partnerId: string
  /** General admission. */
  readonly admissionTypeId: string
}

/** An event in a week, in pounds, on sale since yesterday: a row of twelve seats, and general admission. */
export async function aSale(database: Database, facts: SaleFacts = {}): Promise<Sale> {
  const { commission = { basisPoints: 500, fixedPerTicket: 0 }, startsAt = hours(7 * 24), doorsAt } = facts
  const event = await anEvent(database, {
    partnerId: await aPartner(database, { commission }),
    title: 'Tosca',
    currency: 'GBP',
    startsAt,
    ...(doorsAt ? { doorsAt } : {}),
    maxTicketsPerBuyer: facts.maxTicketsPerBuyer ?? 100,
    rows: [{ section: 'Stalls', width: 12, category: 'Stalls' }],
    prices: { Stalls: facts.seatPrice ?? 2_500 },
    standing: facts.capacity ?? 10,
  })
  const admissionTypeId = event.types['Standing']?.id ?? ''
  const price = facts.unitPrice ?? 1_000
  await database.orm.update(ticketTypes).set({ price }).where(eq(ticketTypes.id, admissionTypeId))
  return { eventId: event.id, partnerId: event.partnerId, admissionTypeId }
}

/** What may be said about a hold. */
export interface HoldFacts {
  readonly userId?: string
  /** Which seats, counted from 0; 0 and 1 unless said. */
  readonly seatNos?: readonly number[]
  /** Units of general admission instead of seats. */
  readonly units?: number
  /** How long it lasts; 10 unless said. */
  readonly minutes?: number
}

/** A hold of somebody's. */
export async function aHold(database: Database, { eventId, admissionTypeId }: Sale, facts: HoldFacts = {}) {
  const { userId = newId(), seatNos = [0, 1], units, minutes = 10 } = facts
  const limits = { seatsPerHold: 50, holdsPerBuyer: 50, holdSeconds: minutes * 60 }
  const buyer = { userId, eventId, idempotencyKey: newId(), limits }
  const outcome =
    units === undefined
      ? await holdSeats(database, { ...buyer, seatIds: seatNos.map((seatNo) => `Stalls-1-${seatNo + 1}`) })
      : await holdGeneralAdmission(database, { ...buyer, ticketTypeId: admissionTypeId, quantity: units })
  const { id, total } = accepted<HeldTickets>(outcome)
  return { id, userId, quantity: units ?? seatNos.length, total }
}
