import type { BookingRow } from './bookings/booking.sql.ts'
import type { CheckInRow } from './check-ins/check-in.sql.ts'
import type { Conflict } from './check-ins/conflicts.rules.ts'
import type { DoorCounters } from './check-ins/counters.ts'
import type { DoorList } from './check-ins/door-list.ts'
import type { DeviceRow } from './devices/device.sql.ts'
import type { EventRow, TicketTypeRow } from './events/event.sql.ts'
import type { HeldTickets } from './holds/hold.rules.ts'
import type { CompactMap } from './inventory/compact-map.rules.ts'
import type { EventSeat } from './inventory/seat-map.ts'
import type { Suggestion } from './listings/suggestion.sql.ts'
import type { BookingLine } from './tables.ts'
import type { TicketRow } from './tickets/ticket.sql.ts'
import type { TransferRow } from './tickets/transfer.sql.ts'

/** An event as its table has it. */
export interface EventSource extends EventRow {}
/** Something that somebody may be typing, with the ids of what it names. */
export interface EventSuggestionSource extends Suggestion {}
/** A ticket type as its table has it, with its event's currency. */
export interface TicketTypeSource extends TicketTypeRow {}
/** A compact map, as it is in memory. */
export interface SeatMapSource extends CompactMap {}
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
/** A scan at a door as its table has it. */
export interface DoorScanSource extends CheckInRow {}
/** Somebody whom a door let through and should not have. */
export interface DoorConflictSource extends Conflict<CheckInRow> {}
/** The counters of an event's doors, with the event's id. */
export interface DoorCountersSource extends DoorCounters {}
/** The list of an event's doors, with the event's id. */
export interface DoorListSource extends DoorList {}
/** A scanner as its table has it. */
export interface DoorDeviceSource extends DeviceRow {}
/** An offer of a ticket as its table has it. */
export interface TicketTransferSource extends TransferRow {}
