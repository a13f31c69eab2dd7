import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { aPartnerUser, aUser } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { PaymentSucceeded, RefundSucceeded } from '@tikitu/schema/events/payment'
import { extendHold } from '../../src/holds/extension.ts'
import { holdBestAvailable, holdGeneralAdmission, holdSeats, releaseHold } from '../../src/holds/holds.ts'
import { refundIdOf } from '../../src/bookings/refund-id.ts'
import { eventKeysByIds } from '../../src/tickets/event-key.sql.ts'
import { renameTicket } from '../../src/tickets/naming.ts'
import { ticketsOfBookings, type TicketRow } from '../../src/tickets/ticket.sql.ts'
import { claimTicket, transferTicket } from '../../src/tickets/transfers.ts'
import { keyring, runOut } from '../build.ts'
import { scan, secrets } from '../doors.ts'
import { aSale, hours, type Sale } from '../sales.ts'
import { cancel, checkOut, deliver, expire } from '../story.ts'
import { TICKETS_MAX, UNITS, type ExpectedBooking } from './expected.ts'

const LIMITS = { seatsPerHold: 50, holdsPerBuyer: 50, holdSeconds: 600 }
const EXTENSION = { holdSeconds: 1_200, holdSecondsMax: 1_800, extensionsMax: 1 }

/** What was asked for, in the words of the answer: the name of a refusal, or what was accepted. */
export type Answer<Value> = { readonly value: Value } | { readonly refusal: string }

/** The system under test, with one event whose doors are open and which its buyers may still cancel. */
export class System {
  readonly database: Database
  readonly sale: Sale
  readonly #seatedTypeId: string

  private constructor(database: Database, sale: Sale, seatedTypeId: string) {
    this.database = database
    this.sale = sale
    this.#seatedTypeId = seatedTypeId
  }

  static async open(database: Database): Promise<System> {
    const sale = await aSale(database, {
      startsAt: hours(48),
      doorsAt: hours(-1),
      maxTicketsPerBuyer: TICKETS_MAX,
      capacity: UNITS,
    })
    const { rows } = await database.pool.query<{ id: string }>(
      'select id from ticket_types where event_id = $1 and seated',
      [sale.eventId],
    )
    return new System(database, sale, rows[0]?.id ?? '')
  }

  holdSeats(userId: string, seatNos: readonly number[], idempotencyKey: string) {
    const seatIds = seatNos.map((seatNo) => `Stalls-1-${seatNo + 1}`)
    return answerOf(holdSeats(this.database, { ...this.#buyer(userId, idempotencyKey), seatIds }))
  }

  holdUnits(userId: string, quantity: number, idempotencyKey: string) {
    const ticketTypeId = this.sale.admissionTypeId
    return answerOf(
      holdGeneralAdmission(this.database, { ...this.#buyer(userId, idempotencyKey), ticketTypeId, quantity }),
    )
  }

  holdBest(userId: string, quantity: number, idempotencyKey: string) {
    const ticketTypeId = this.#seatedTypeId
    return answerOf(
      holdBestAvailable(this.database, { ...this.#buyer(userId, idempotencyKey), ticketTypeId, quantity }),
    )
  }

  extend({ id: holdId, userId }: ExpectedBooking) {
    const command = { holdId, userId, idempotencyKey: newId(), limits: EXTENSION }
    return answerOf(transact(this.database, (tx, at) => extendHold(tx, { ...command, at })))
  }

  release({ id: holdId, userId }: ExpectedBooking) {
    return answerOf(releaseHold(this.database, { holdId, userId }))
  }

  /** Its time passes, and nobody has noticed yet. */
  runOut({ id }: ExpectedBooking): Promise<void> {
    return runOut(this.database, [id])
  }

  /** Somebody notices whatever is out of time. */
  expire(): Promise<void> {
    return expire(this.database)
  }

  checkOut(booking: ExpectedBooking) {
    return answerOf(checkOut(this.database, booking))
  }

  pay({ id: bookingId, userId }: ExpectedBooking, paymentId: string, amount: number): Promise<void> {
    const at = new Date().toISOString()
    return deliver(this.database, PaymentSucceeded, {
      paymentId,
      bookingId,
      userId,
      amount,
      currency: 'GBP',
      providerRef: 'pi_model',
      at,
    })
  }

  refunded({ id: bookingId, userId }: ExpectedBooking, paymentId: string, amount: number): Promise<void> {
    const refundId = refundIdOf(bookingId, paymentId)
    const at = new Date().toISOString()
    return deliver(this.database, RefundSucceeded, {
      refundId,
      paymentId,
      bookingId,
      userId,
      amount,
      currency: 'GBP',
      at,
    })
  }

  cancel({ id, userId }: ExpectedBooking) {
    return answerOf(cancel(this.database, id, aUser({ userId })))
  }

  tickets({ id }: ExpectedBooking): Promise<TicketRow[]> {
    return ticketsOfBookings(this.database.orm, [id])
  }

  rename(ticketId: string, userId: string, holderName: string) {
    const command = { ticketId, userId, holderName, idempotencyKey: newId() }
    return answerOf(transact(this.database, (tx, at) => renameTicket(tx, { ...command, at })))
  }

  /** Offers a ticket, and tells the token by which it is claimed. */
  async offer(ticketId: string, userId: string): Promise<Answer<string>> {
    const command = { ticketId, userId, idempotencyKey: newId(), hours: 24, secrets }
    const answer = await answerOf(transact(this.database, (tx, at) => transferTicket(tx, { ...command, at })))
    return 'value' in answer ? { value: secrets('transfer', answer.value.id) } : answer
  }

  claim(token: string, userId: string) {
    const command = { token, userId, holderName: null, idempotencyKey: newId() }
    return answerOf(transact(this.database, (tx, at) => claimTicket(tx, { ...command, at })))
  }

  /** The code of a ticket as it is now. */
  async codeOf(ticket: TicketRow): Promise<string> {
    const [key] = await eventKeysByIds(this.database.orm, [this.sale.eventId])
    if (!key) throw new Error('the event has no key')
    return keyring.codeOf(ticket, key)
  }

  scan(code: string) {
    const scanner = aPartnerUser(this.sale.partnerId, 'SCANNER')
    return answerOf(scan(this.database, { eventId: this.sale.eventId, code, scanner }))
  }

  #buyer(userId: string, idempotencyKey: string) {
    return { userId, eventId: this.sale.eventId, idempotencyKey, limits: LIMITS }
  }
}

type AnyOutcome<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly refusal: string }

async function answerOf<Value>(outcome: Promise<AnyOutcome<Value>>): Promise<Answer<Value>> {
  const told = await outcome
  return told.ok ? { value: told.value } : { refusal: told.refusal }
}
