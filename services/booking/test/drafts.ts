import type { Identity } from '@tikitu/runtime/identity'
import { aPartnerUser, type GraphAnswer, type TestService } from '@tikitu/runtime/testing'
import { aPlan, aVenue, inDays } from './build.ts'

const CREATE = `mutation ($input: CreateEventInput!) { createEvent(input: $input) { __typename
  ... on Event { id title description status startsAt endsAt doorsAt timezone salesOpenAt salesCloseAt currency imageUrl
    maxTicketsPerBuyer category venue { id } partner { id }
    ticketTypes { name seated price { amount currency } capacity available category minPerBooking maxPerBooking }
    sections { name rows seats available } seats { id status ticketTypeId } }
  ... on PartnerMayNotSell { partnerId } ... on VenueUnavailable { venueId } ... on SeatingPlanNotFound { seatingPlanId }
  ... on Refusal { message } } }`

/** A partner with a venue and a plan, and what its owner would ask for. */
export async function aDraftWish({ database }: TestService, facts: Record<string, unknown> = {}) {
  const { venueId, partnerId } = await aVenue(database)
  const rows = [{ width: 4 }, { width: 3, category: 'BALCONY' }]
  const planId = await aPlan(database, { venueId, partnerId }, rows, [{ name: 'Pit', category: 'PIT', capacity: 40 }])
  const input = {
    partnerId,
    venueId,
    seatingPlanId: planId,
    title: 'An evening',
    category: 'MUSIC',
    startsAt: inDays(10).toISOString(),
    endsAt: inDays(11).toISOString(),
    currency: 'EUR',
    ticketTypes: [
      { name: 'Pit', seated: false, price: 1500, category: 'PIT' },
      { name: 'Stalls', seated: true, price: 5000, category: 'STALLS', maxPerBooking: 4 },
    ],
    ...facts,
  }
  return { input, owner: aPartnerUser(partnerId), partnerId, venueId, planId }
}

/** Asks for it as somebody. */
export function draft(booking: TestService, identity: Identity, input: unknown): Promise<GraphAnswer> {
  return booking.graph(identity, CREATE, { input })
}
