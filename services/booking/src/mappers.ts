import type { BookingRow } from './bookings/booking.sql.ts'
import type { EventRow, TicketTypeRow } from './events/event.sql.ts'
import type { HeldTickets } from './holds/hold.rules.ts'
import type { EventSeat } from './inventory/seat-map.ts'
import type { BookingLine } from './tables.ts'
import type { TicketRow } from './tickets/ticket.sql.ts'

/** An event as its table has it. */
export interface EventSource extends EventRow {}
/** A ticket type as its table has it, with its event's currency. */
export interface TicketTypeSource extends TicketTypeRow {}
/** A seat, whose status may not have been looked at. */
export interface SeatSource extends EventSeat {}
/** A hold as its verbs have it. */
export interface HoldSource extends HeldTickets {}
/** A booking as its table has it. */
export interface BookingSource extends BookingRow {}
/** A line of a booking, with the booking's currency. */
export interface BookingLineSource extends BookingLine {
  readonly currency: string
}
/** A ticket as its table has it. */
export interface TicketSource extends TicketRow {}
