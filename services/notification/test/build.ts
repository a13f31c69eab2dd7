import { newId } from '@tikitu/runtime/ids'
import type { BookingCancelled, BookingConfirmed } from '@tikitu/schema/events/booking'
import type { EventData } from '@tikitu/schema/events/define'
import type { UserRegistered } from '@tikitu/schema/events/user'

/** Somebody who registers, and whatever else the test says. */
export function aRegistration(facts: Partial<EventData<typeof UserRegistered>> = {}): EventData<typeof UserRegistered> {
  const userId = newId()
  return {
    userId,
    email: `${userId}@example.com`,
    firstName: 'Ada',
    lastName: 'Lovelace',
    language: 'en-GB',
    timezone: 'Europe/London',
    at: new Date().toISOString(),
    ...facts,
  }
}

const event = {
  title: 'The Winter Musical',
  startsAt: '2027-01-12T20:00:00.000Z',
  timezone: 'Europe/London',
  venueName: 'Villa Park',
  city: 'Birmingham',
}

/** A confirmed booking of one seat. */
export function aConfirmation(
  facts: Partial<EventData<typeof BookingConfirmed>> = {},
): EventData<typeof BookingConfirmed> {
  return {
    bookingId: newId(),
    userId: newId(),
    eventId: newId(),
    partnerId: newId(),
    reference: 'K7M2-X9QT',
    tickets: [{ ticketId: newId(), ticketType: 'Balcony', seat: 'west 1, row 3, seat 12' }],
    total: { amount: 6500, currency: 'GBP' },
    event,
    late: false,
    at: new Date().toISOString(),
    ...facts,
  }
}

/** A cancelled booking whose money comes back. */
export function aCancellation(
  facts: Partial<EventData<typeof BookingCancelled>> = {},
): EventData<typeof BookingCancelled> {
  const { bookingId, userId, eventId, partnerId, reference, at } = aConfirmation()
  return {
    bookingId,
    userId,
    eventId,
    partnerId,
    reference,
    at,
    event,
    reason: 'Found a babysitter for another day.',
    seats: 1,
    refund: { amount: 6500, currency: 'GBP' },
    ...facts,
  }
}
