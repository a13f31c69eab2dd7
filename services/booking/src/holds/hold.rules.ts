import { accept, refuse, type Accepted } from '@tikitu/runtime/outcome'

/** Through whom tickets are sold: to everybody, by the partner itself, or at the door. */
export type SalesChannel = 'PUBLIC' | 'PARTNER' | 'DOOR'

/** So many tickets of one type at the price that was shown; frozen. */
export interface HoldLine {
  readonly ticketTypeId: string
  readonly quantity: number
  /** In minor units. */
  readonly unitPrice: number
}

/** Tickets that are reserved for a buyer. */
export interface HeldTickets {
  readonly id: string
  readonly eventId: string
  readonly expiresAt: Date
  readonly lines: readonly HoldLine[]
  /** In the hall's order; null for general admission. */
  readonly seatNos: readonly number[] | null
  /** In minor units. */
  readonly total: number
  readonly currency: string
  /** True when the seats are known to be held, because this hold was just made; otherwise somebody has to look. */
  readonly isFresh: boolean
}

/** What a buyer asked for, as far as the answer repeats it. */
export interface Asked {
  readonly eventId: string
  readonly idempotencyKey: string
}

/** What the database answers to every kind of wish. */
export type CommonAnswer =
  | { readonly outcome: 'HELD' | 'REPEATED'; readonly hold: HeldTickets }
  | { readonly outcome: 'EventNotFound' | 'IdempotencyKeyReused' }
  | { readonly outcome: 'SalesClosed'; readonly facts: { readonly opensAt: string | null; readonly closesAt: string } }
  | { readonly outcome: 'QuantityOutOfRange'; readonly facts: { readonly min: number; readonly max: number } }
  | {
      readonly outcome: 'BuyerLimitReached'
      readonly facts: {
        readonly ticketsMax: number
        readonly ticketsNow: number
        readonly holdsMax: number
        readonly holdsNow: number
      }
    }

/** What it answers beside that when seats were chosen. */
export type SeatsAnswer = {
  readonly outcome: 'SeatsTaken' | 'SeatsUnknown'
  readonly facts: { readonly seatNos: readonly number[] }
}

/** What it answers beside that when so many of a ticket type were wanted; BUSY means that asking again may help. */
export type TypeAnswer =
  | { readonly outcome: 'TicketTypeNotFound' }
  | { readonly outcome: 'SoldOut' | 'BUSY'; readonly facts: { readonly available: number } }

/** Puts into words what the database answered to chosen seats; `idOf` names a seat as the client does. */
export function explainSeats(answer: CommonAnswer | SeatsAnswer, asked: Asked, idOf: (seatNo: number) => string) {
  switch (answer.outcome) {
    case 'SeatsTaken':
      return refuse('SeatsTaken', 'Somebody else has these seats.', { seatIds: answer.facts.seatNos.map(idOf) })
    case 'SeatsUnknown':
      return seatsUnknown(answer.facts.seatNos.map(idOf))
    default:
      return explainCommon(answer, asked)
  }
}

/** Says which seats the event does not have, or does not sell. */
export function seatsUnknown(seatIds: readonly string[]) {
  return refuse('SeatsUnknown', 'The event has no such seats for sale.', { seatIds })
}

/** Says that there is no such event. */
export function eventNotFound(eventId: string) {
  return refuse('EventNotFound', 'There is no such event.', { eventId })
}

/** Says how many tickets may be asked for at once. */
export function quantityOutOfRange(min: number, max: number) {
  return refuse('QuantityOutOfRange', `You can have ${min} to ${max} of these at once.`, { min, max })
}

/** Puts into words what the database answered to a number of tickets of a type. */
export function explainType(answer: CommonAnswer | TypeAnswer, asked: Asked & { readonly ticketTypeId: string }) {
  switch (answer.outcome) {
    case 'TicketTypeNotFound':
      return refuse('TicketTypeNotFound', 'The event has no such ticket type for this.', {
        ticketTypeId: asked.ticketTypeId,
      })
    case 'SoldOut':
    // Others were at work in the last places every time we looked: what they leave is not for this buyer.
    case 'BUSY':
      return refuse('SoldOut', 'There are not enough left.', { available: answer.facts.available })
    default:
      return explainCommon(answer, asked)
  }
}

function explainCommon(answer: CommonAnswer, { eventId, idempotencyKey }: Asked) {
  switch (answer.outcome) {
    case 'HELD':
    case 'REPEATED':
      return accept(answer.hold) satisfies Accepted<HeldTickets>
    case 'EventNotFound':
      return eventNotFound(eventId)
    case 'IdempotencyKeyReused':
      return refuse('IdempotencyKeyReused', 'This idempotency key was used for another request.', { idempotencyKey })
    case 'SalesClosed':
      return refuse('SalesClosed', 'The event is not on sale now.', {
        opensAt: answer.facts.opensAt === null ? null : new Date(answer.facts.opensAt),
        closesAt: new Date(answer.facts.closesAt),
      })
    case 'QuantityOutOfRange':
      return quantityOutOfRange(answer.facts.min, answer.facts.max)
    case 'BuyerLimitReached':
      return refuse(
        'BuyerLimitReached',
        'You would have more tickets or open holds of this event than one buyer may.',
        answer.facts,
      )
  }
}
