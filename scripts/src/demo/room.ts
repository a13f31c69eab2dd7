import { randomUUID } from 'node:crypto'
import type { Ask } from '../graph.ts'
import { expectMember } from './expect.ts'
import { operation } from './operations.ts'

/** An event sells a buyer 100 tickets, and each run of the demo buys two that it keeps: so many bookings leave room for more. */
const BOOKINGS_MAX = 40

/** How many of the newest stay, for whoever looks around as the demo's buyer. */
const BOOKINGS_KEPT = 10

const MY_BOOKINGS = `query MyBookings($eventId: ID!) { bookings(filter: { eventId: $eventId, status: CONFIRMED }, first: 100) { edges { node { id } } } }`

/**
 * Gives back what earlier runs bought when the buyer would soon have as many tickets as an event allows, so that the demo
 * can be run for ever. The promoter does it, because the tickets were used, which ends the buyer's own right to.
 */
export async function makeRoom(
  { buyer, promoter }: { readonly buyer: Ask; readonly promoter: Ask },
  eventId: string,
): Promise<void> {
  const { bookings } = await buyer<{ bookings: { edges: { node: { id: string } }[] } }>(MY_BOOKINGS, { eventId })
  if (bookings.edges.length < BOOKINGS_MAX) return
  for (const { node } of bookings.edges.slice(BOOKINGS_KEPT)) {
    const answer = await promoter<{ cancelBooking: { __typename: string; status: string } }>(
      operation('CancelBooking'),
      { input: { bookingId: node.id, reason: 'From an earlier run of the demo.', idempotencyKey: randomUUID() } },
    )
    expectMember('the end of an earlier booking', answer.cancelBooking, 'Booking')
  }
}
