import { newId } from '@tikitu/runtime/ids'
import { expect } from 'vitest'
import {
  newTickets,
  SEATS,
  TICKETS_MAX,
  type ExpectedBooking,
  type ExpectedSale,
  type ExpectedTicket,
} from './expected.ts'
import type { Answer, System } from './system.ts'

/** Numbers by which a step decides whom and what it is about, so that any step can be taken in any state. */
export interface Dice {
  readonly who: number
  readonly what: number
  readonly many: number
}

/** Something that somebody does: it is done to the system, and what must come of it to the expectation. */
export type Step = (system: System, sale: ExpectedSale, dice: Dice) => Promise<void>

const BUYERS = [newId(), newId(), newId()] as const

const pick = <Value>(values: readonly Value[], number: number): Value | undefined => values[number % values.length]
const buyerOf = ({ who }: Dice): string => pick(BUYERS, who) ?? ''
function expectAnswer(answer: Answer<unknown>, refusal: string | null): void {
  expect(wordOf(answer)).toBe(refusal ?? 'accepted')
}

function expectReason(answer: Answer<{ readonly reason: string | null }>, reason: string | null): void {
  expect('value' in answer ? answer.value.reason : answer.refusal).toBe(reason)
}

/** What was given as the best was asked for in other words. */
function expectSame(answer: Answer<{ readonly id: string }>, id: string): void {
  expect([id, 'IdempotencyKeyReused']).toContain('value' in answer ? answer.value.id : answer.refusal)
}

function expectAdjacent(seatNos: readonly number[]): void {
  expect(seatNos).toEqual(seatNos.map((_, place) => (seatNos[0] ?? 0) + place))
}

const wordOf = (answer: Answer<unknown>): string => ('value' in answer ? 'accepted' : answer.refusal)

const holderOrAnother = ({ userId }: ExpectedTicket, dice: Dice) => (dice.who % 4 === 0 ? buyerOf(dice) : userId)

/** A step about one of the bookings; none when there is none. */
function aboutBooking(
  step: (system: System, booking: ExpectedBooking, sale: ExpectedSale, dice: Dice) => Promise<void>,
): Step {
  return async (system, sale, dice) => {
    const booking = pick(sale.bookings, dice.what)
    if (booking) await step(system, booking, sale, dice)
  }
}

interface Held {
  readonly id: string
  readonly total: number
  readonly seatNos: readonly number[] | null
}

/** Writes down a hold, or expects one of the refusals. */
function expectHold(
  sale: ExpectedSale,
  answer: Answer<Held>,
  refusals: readonly string[],
  hold: { userId: string; quantity: number; idempotencyKey: string },
) {
  expect(refusals.length > 0 ? refusals : ['accepted']).toContain(wordOf(answer))
  if (!('value' in answer)) return
  const { id, total, seatNos } = answer.value
  const quantity = seatNos?.length ?? hold.quantity
  expect(quantity).toBe(hold.quantity)
  expect(total).toBe(quantity * (seatNos ? 2_500 : 1_000))
  if (seatNos) expect(sale.areFree(seatNos), `seats ${seatNos.join(', ')} were free`).toBe(true)
  sale.bookings.push({
    ...hold,
    id,
    total,
    seatNos,
    status: 'HELD',
    isOver: false,
    extensions: 0,
    wasPaid: false,
    refunds: [],
    tickets: [],
  })
}

/** What may be said against a hold; which of two is not promised. */
function against(sale: ExpectedSale, userId: string, quantity: number, lack: string | null): readonly string[] {
  const isGreedy = sale.ticketsOf(userId) + quantity > TICKETS_MAX
  return [...(isGreedy ? ['BuyerLimitReached'] : []), ...(lack === null ? [] : [lack])]
}

/** All that can be done, by name. */
export const STEPS = {
  'hold seats': async (system, sale, dice) => {
    const userId = buyerOf(dice)
    const seatNos = [
      ...new Set([dice.what, dice.what + dice.many, dice.many].map((number) => number % SEATS)),
    ].toSorted((a, b) => a - b)
    const idempotencyKey = newId()
    const refusals = against(sale, userId, seatNos.length, sale.areFree(seatNos) ? null : 'SeatsTaken')
    const answer = await system.holdSeats(userId, seatNos, idempotencyKey)
    expectHold(sale, answer, refusals, { userId, quantity: seatNos.length, idempotencyKey })
  },

  'hold the best': async (system, sale, dice) => {
    const userId = buyerOf(dice)
    const quantity = 1 + (dice.many % 4)
    const idempotencyKey = newId()
    const refusals = against(sale, userId, quantity, sale.hasRun(quantity) ? null : 'SoldOut')
    const answer = await system.holdBest(userId, quantity, idempotencyKey)
    if ('value' in answer) expectAdjacent(answer.value.seatNos ?? [])
    expectHold(sale, answer, refusals, { userId, quantity, idempotencyKey })
  },

  'hold units': async (system, sale, dice) => {
    const userId = buyerOf(dice)
    const quantity = 1 + (dice.many % 5)
    const idempotencyKey = newId()
    const refusals = against(sale, userId, quantity, sale.unitsFree >= quantity ? null : 'SoldOut')
    const answer = await system.holdUnits(userId, quantity, idempotencyKey)
    expectHold(sale, answer, refusals, { userId, quantity, idempotencyKey })
  },

  'ask again': aboutBooking(async (system, { id, userId, seatNos, quantity, idempotencyKey }, sale) => {
    const isBest = sale.bookings.find((booking) => booking.id === id)?.seatNos === null
    const answer = isBest
      ? await system.holdUnits(userId, quantity, idempotencyKey)
      : await system.holdSeats(userId, seatNos ?? [], idempotencyKey)
    expectSame(answer, id)
  }),

  extend: aboutBooking(async (system, booking) => {
    const { status, isOver, extensions } = booking
    const isHold = status === 'HELD' || (status === 'EXPIRED' && !isCheckedOut(booking))
    const refusal = isCheckedOut(booking)
      ? 'HoldAlreadyUsed'
      : status === 'RELEASED'
        ? 'HoldNotFound'
        : isHold && isOver
          ? 'HoldExpired'
          : extensions > 0
            ? 'HoldNotExtendable'
            : null
    expectAnswer(await system.extend(booking), refusal)
    if (refusal === null) booking.extensions += 1
  }),

  release: aboutBooking(async (system, booking) => {
    const { status } = booking
    expectAnswer(await system.release(booking), isCheckedOut(booking) ? 'HoldAlreadyUsed' : null)
    if (status === 'HELD') booking.status = 'RELEASED'
  }),

  'run out': aboutBooking(async (system, booking) => {
    if (booking.status !== 'HELD' && booking.status !== 'PENDING') return
    await system.runOut(booking)
    booking.isOver = true
  }),

  expire: async (system, sale) => {
    await system.expire()
    for (const booking of sale.bookings) {
      if (booking.isOver && (booking.status === 'HELD' || booking.status === 'PENDING')) booking.status = 'EXPIRED'
    }
  },

  'check out': aboutBooking(async (system, booking) => {
    const { status, isOver } = booking
    const refusal = isCheckedOut(booking)
      ? 'HoldAlreadyUsed'
      : status === 'RELEASED'
        ? 'HoldNotFound'
        : isOver
          ? 'HoldExpired'
          : null
    expectAnswer(await system.checkOut(booking), refusal)
    if (refusal === null) {
      booking.status = 'PENDING'
      checkedOut.add(booking)
    }
  }),

  pay: aboutBooking(async (system, booking, sale, dice) => {
    if (!isCheckedOut(booking)) return
    const amount = dice.many % 6 === 0 ? booking.total + 1 : booking.total
    const paymentId = newId()
    const becomes = outcomeOf(booking, sale, amount)
    await system.pay(booking, paymentId, amount)
    if (dice.many % 4 === 0) await system.pay(booking, paymentId, amount)
    if (becomes === 'CONFIRMED') {
      Object.assign(booking, { status: becomes, isOver: false, wasPaid: true, tickets: newTickets(booking) })
      good.set(booking, paymentId)
      return
    }
    booking.refunds.push({ paymentId, amount, isDone: false })
    if (becomes === 'REFUND_DUE') booking.status = becomes
  }),

  'money is back': aboutBooking(async (system, booking, _sale, dice) => {
    const refund = pick(booking.refunds, dice.many)
    if (!refund) return
    await system.refunded(booking, refund.paymentId, refund.amount)
    const isNews = !refund.isDone
    refund.isDone = true
    if (!isNews || booking.refunds.some(({ isDone }) => !isDone)) return
    if (booking.status === 'CANCELLING') booking.status = 'CANCELLED'
    if (booking.status === 'REFUND_DUE') booking.status = 'REFUNDED'
  }),

  cancel: aboutBooking(async (system, booking) => {
    const { status, tickets, userId } = booking
    const mayBe =
      status === 'PENDING' ||
      (status === 'CONFIRMED' && tickets.every((ticket) => ticket.status === 'ACTIVE' && ticket.userId === userId))
    const refusal = !isCheckedOut(booking) ? 'BookingNotFound' : mayBe ? null : 'BookingNotCancellable'
    expectAnswer(await system.cancel(booking), refusal)
    if (refusal !== null) return
    booking.status = status === 'CONFIRMED' ? 'CANCELLING' : 'CANCELLED'
    const paymentId = good.get(booking)
    if (status === 'CONFIRMED' && paymentId) booking.refunds.push({ paymentId, amount: booking.total, isDone: false })
    for (const ticket of tickets) Object.assign(ticket, { status: 'CANCELLED', offer: null })
  }),

  rename: aboutBooking(async (system, booking, _sale, dice) => {
    const place = dice.many % booking.quantity
    const [ticket, row] = [booking.tickets[place], (await system.tickets(booking))[place]]
    if (!ticket || !row) return
    const userId = holderOrAnother(ticket, dice)
    const name = pick(['Ada', 'Grace'], dice.what) ?? ''
    const refusal =
      ticket.userId !== userId ? 'TicketNotFound' : ticket.status === 'ACTIVE' ? null : 'TicketNotChangeable'
    expectAnswer(await system.rename(row.id, userId, name), refusal)
    if (refusal === null && ticket.holderName !== name) {
      ticket.codeVersion += 1
      ticket.holderName = name
    }
  }),

  offer: aboutBooking(async (system, booking, _sale, dice) => {
    const place = dice.many % booking.quantity
    const [ticket, row] = [booking.tickets[place], (await system.tickets(booking))[place]]
    if (!ticket || !row) return
    const userId = holderOrAnother(ticket, dice)
    const refusal =
      ticket.userId !== userId ? 'TicketNotFound' : ticket.status === 'ACTIVE' ? null : 'TicketNotChangeable'
    const answer = await system.offer(row.id, userId)
    expectAnswer(answer, refusal)
    if ('value' in answer) ticket.offer = answer.value
  }),

  claim: async (system, sale, dice) => {
    const offered = sale.bookings.flatMap(({ tickets }) => tickets).filter(({ offer }) => offer !== null)
    const ticket = pick(offered, dice.what)
    if (!ticket?.offer) return
    const userId = buyerOf(dice)
    const refusal =
      userId === ticket.userId ? 'TransferNotClaimable' : ticket.status === 'ACTIVE' ? null : 'TicketNotChangeable'
    expectAnswer(await system.claim(ticket.offer, userId), refusal)
    if (refusal === null)
      Object.assign(ticket, { userId, holderName: null, offer: null, codeVersion: ticket.codeVersion + 1 })
  },

  'come in': aboutBooking(async (system, booking, _sale, dice) => {
    const place = dice.many % booking.quantity
    const [ticket, row] = [booking.tickets[place], (await system.tickets(booking))[place]]
    if (!ticket || !row) return
    // With the code that its holder had before the last change.
    const isStale = dice.who % 4 === 0 && row.codeVersion > 1
    const code = await system.codeOf(isStale ? { ...row, codeVersion: row.codeVersion - 1 } : row)
    const reason = isStale ? 'UNKNOWN' : { ACTIVE: null, USED: 'ALREADY_USED', CANCELLED: 'CANCELLED' }[ticket.status]
    const answer = await system.scan(code)
    expectReason(answer, reason)
    if (reason === null) ticket.status = 'USED'
  }),
} satisfies Record<string, Step>

/** The name of a step. */
export type StepName = keyof typeof STEPS

const checkedOut = new WeakSet<ExpectedBooking>()
const good = new WeakMap<ExpectedBooking, string>()

const isCheckedOut = (booking: ExpectedBooking) => checkedOut.has(booking)

/** What becomes of a booking that is paid now. */
function outcomeOf(booking: ExpectedBooking, sale: ExpectedSale, amount: number) {
  const { status, isOver, wasPaid, total, userId, quantity, seatNos } = booking
  const waits = status === 'PENDING' || status === 'EXPIRED' || status === 'CANCELLED'
  if (amount !== total || wasPaid || !waits) return 'surplus'
  if (status === 'CANCELLED') return 'REFUND_DUE'
  if (status === 'PENDING' && !isOver) return 'CONFIRMED'
  const hasRoom = sale.ticketsOf(userId) + quantity <= TICKETS_MAX
  const hasPlaces = seatNos ? sale.areFree(seatNos) : status === 'PENDING' || sale.unitsCounted >= quantity
  return hasRoom && hasPlaces ? 'CONFIRMED' : 'REFUND_DUE'
}
