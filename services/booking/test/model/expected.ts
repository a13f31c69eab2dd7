/*
 * What a sale must look like, kept as simply as possible: lists in memory and the rules in words of the domain, without a
 * line of the code that is under test.
 */

/** Seats of the one row of the hall. */
export const SEATS = 12
/** Units of general admission. */
export const UNITS = 10
/** How many tickets a buyer may have. */
export const TICKETS_MAX = 8

/** A ticket as it must be. */
export interface ExpectedTicket {
  userId: string
  holderName: string | null
  codeVersion: number
  status: 'ACTIVE' | 'USED' | 'CANCELLED'
  /** The claim token of the offer that is open. */
  offer: string | null
}

/** A booking as it must be, from its hold on. */
export interface ExpectedBooking {
  readonly id: string
  readonly userId: string
  readonly idempotencyKey: string
  /** Null for general admission. */
  readonly seatNos: readonly number[] | null
  readonly quantity: number
  readonly total: number
  status:
    | 'HELD'
    | 'RELEASED'
    | 'PENDING'
    | 'CONFIRMED'
    | 'EXPIRED'
    | 'CANCELLING'
    | 'CANCELLED'
    | 'REFUND_DUE'
    | 'REFUNDED'
  /** Its time is up, whether or not anybody has noticed. */
  isOver: boolean
  extensions: number
  /** Whether a payment has bought tickets. */
  wasPaid: boolean
  /** Payments that are to go back, and whether they have. */
  readonly refunds: { readonly paymentId: string; readonly amount: number; isDone: boolean }[]
  tickets: ExpectedTicket[]
}

/** A sale as it must be. */
export class ExpectedSale {
  readonly bookings: ExpectedBooking[] = []

  /** Whether a booking has its places: nobody else may have them. */
  static isLive({ status, isOver }: ExpectedBooking): boolean {
    return status === 'CONFIRMED' || ((status === 'HELD' || status === 'PENDING') && !isOver)
  }

  /** Who has a seat; undefined when it is free. */
  ownerOf(seatNo: number): ExpectedBooking | undefined {
    return this.bookings.find((booking) => ExpectedSale.isLive(booking) && booking.seatNos?.includes(seatNo))
  }

  areFree(seatNos: readonly number[]): boolean {
    return seatNos.every((seatNo) => this.ownerOf(seatNo) === undefined)
  }

  /** Whether so many seats next to each other are free. */
  hasRun(length: number): boolean {
    return Array.from({ length: SEATS - length + 1 }, (_, first) =>
      Array.from({ length }, (_unused, place) => first + place),
    ).some((seatNos) => this.areFree(seatNos))
  }

  /** Units that can be had: those of whoever is out of time are. */
  get unitsFree(): number {
    return UNITS - this.#units(ExpectedSale.isLive)
  }

  /** Units that the counter says are left: those of whoever is out of time are counted until somebody notices. */
  get unitsCounted(): number {
    return UNITS - this.#units(({ status }) => ['HELD', 'PENDING', 'CONFIRMED'].includes(status))
  }

  /** How many tickets a buyer has or holds. */
  ticketsOf(userId: string): number {
    return sum(this.bookings.filter((booking) => ExpectedSale.isLive(booking) && booking.userId === userId))
  }

  #units(isTaken: (booking: ExpectedBooking) => boolean): number {
    return sum(this.bookings.filter((booking) => booking.seatNos === null && isTaken(booking)))
  }
}

function sum(bookings: readonly ExpectedBooking[]): number {
  return bookings.reduce((tickets, { quantity }) => tickets + quantity, 0)
}

/** The tickets of a booking that was just paid. */
export function newTickets({ userId, quantity }: ExpectedBooking): ExpectedTicket[] {
  return Array.from({ length: quantity }, () => ({
    userId,
    holderName: null,
    codeVersion: 1,
    status: 'ACTIVE' as const,
    offer: null,
  }))
}
