import { mutate } from '@tikitu/runtime/context'
import { validInput } from '@tikitu/runtime/validate'
import type { Resolvers } from '../generated/graphql.ts'
import { priceOfOne } from '../prices/prices.ts'
import { forgetLayout } from '../inventory/event-layouts.ts'
import { seatsOf, sectionsOf } from '../inventory/seat-map.ts'
import { eventsOfPartner, eventsOfVenue, findEvents } from '../listings/listings.ts'
import { eventSuggestions } from '../listings/suggestions.ts'
import { displacedTickets } from '../tickets/displaced.ts'
import type { Keyring } from '../tickets/keyring.ts'
import { changeSeatingPlan } from './changing-plan.ts'
import { eventDraft } from './event-draft.ts'
import { cancellationOf, eventLoaders, visibleEvent, visibleTicketType } from './event.loaders.ts'
import { updateEvent } from './editing.ts'
import { cancelEvent, completeEvent } from './ending.ts'
import {
  callingOff,
  closing,
  eventChanges,
  planChange,
  publishing,
  rescheduling,
  ticketTypeChanges,
} from './event-changes.ts'
import { createEvent, publishEvent } from './events.ts'
import { rescheduleEvent } from './rescheduling.ts'
import { requireSignedIn } from './readers.ts'
import { changeTicketTypes } from './ticket-types.ts'

/** Events in the graph. `keyring` makes the key of an event that is published. */
export function eventResolvers(keyring: Keyring) {
  return {
    Query: {
      events: (_, { filter, ...page }, context) => findEvents(context, filter ?? {}, page),
      eventSuggestions: (_, args, context) => eventSuggestions(context, args),
      event: (_, { id }, context) => visibleEvent(context, id),
    },
    Mutation: {
      createEvent: (_, { input }, context) => {
        const identity = requireSignedIn(context.identity)
        const draft = validInput(eventDraft, input)
        return mutate(context, 'Event', (tx, at) => createEvent(tx, { identity, draft, at }))
      },
      updateEvent: (_, { input }, context) => {
        const identity = requireSignedIn(context.identity)
        const { eventId, idempotencyKey, ...changes } = validInput(eventChanges, input)
        const edit = { identity, eventId, idempotencyKey, changes }
        return mutate(context, 'Event', (tx, at) => updateEvent(tx, { ...edit, at }))
      },
      changeTicketTypes: async (_, { input }, context) => {
        const identity = requireSignedIn(context.identity)
        const { add, change, ...wish } = validInput(ticketTypeChanges, input)
        const command = { ...wish, add: add ?? [], change: change ?? [], identity }
        const outcome = await mutate(context, 'Event', (tx, at) => changeTicketTypes(tx, { ...command, at }))
        forgetLayout(wish.eventId)
        return outcome
      },
      changeSeatingPlan: async (_, { input }, context) => {
        const wish = { ...validInput(planChange, input), identity: requireSignedIn(context.identity) }
        const outcome = await mutate(context, 'Event', (tx, at) => changeSeatingPlan(tx, { ...wish, at }))
        forgetLayout(wish.eventId)
        return outcome
      },
      rescheduleEvent: (_, { input }, context) => {
        const identity = requireSignedIn(context.identity)
        const refundDays = context.settings.get('booking.rescheduleRefundDays')
        const wish = { ...validInput(rescheduling, input), identity, refundDays }
        return mutate(context, 'Event', (tx, at) => rescheduleEvent(tx, { ...wish, at }))
      },
      cancelEvent: (_, { input }, context) => {
        const wish = { ...validInput(callingOff, input), identity: requireSignedIn(context.identity) }
        return mutate(context, 'Event', (tx, at) => cancelEvent(tx, { ...wish, at }))
      },
      completeEvent: (_, { input }, context) => {
        const wish = { ...validInput(closing, input), identity: requireSignedIn(context.identity) }
        return mutate(context, 'Event', (tx, at) => completeEvent(tx, { ...wish, at }))
      },
      publishEvent: (_, { input }, context) => {
        const wish = { ...validInput(publishing, input), identity: requireSignedIn(context.identity), keyring }
        return mutate(context, 'Event', (tx, at) => publishEvent(tx, { ...wish, at }))
      },
    },
    Event: {
      __resolveReference: ({ id }, _, context) => visibleEvent(context, id),
      cancellation: (event, _, context) => cancellationOf(context, event),
      venue: ({ venueId }) => ({ __typename: 'Venue', id: venueId }),
      partner: ({ partnerId }) => ({ __typename: 'Partner', id: partnerId }),
      ticketTypes: ({ id }, _, context) => eventLoaders(context).ticketTypes.load(id),
      displacedTickets: (event, page, context) => displacedTickets(context, event, page),
      sections: (event, _, { database }) => sectionsOf(database.orm, event),
      seats: (event, { section, channel }, { database }) =>
        seatsOf(database.orm, event, { section: section ?? null, channel: channel ?? 'PUBLIC' }),
    },
    TicketType: {
      __resolveReference: ({ id }, _, context) => visibleTicketType(context, id),
      price: ({ price, currency }) => ({ amount: price, currency }),
      surcharge: async ({ price, currency }, _, { database }) => {
        const { fees, taxes } = await priceOfOne(database, price)
        return { amount: fees + taxes, currency }
      },
      available: async ({ id }, _, context) => (await eventLoaders(context).available.load(id))?.available ?? 0,
    },
    EventSuggestion: {
      event: ({ eventId }, _, context) => (eventId === null ? null : visibleEvent(context, eventId)),
      venue: ({ venueId }) => (venueId === null ? null : { __typename: 'Venue', id: venueId }),
    },
    Venue: {
      events: ({ id }, page, context) => eventsOfVenue(context, id, page),
    },
    Partner: {
      events: ({ id }, page, context) => eventsOfPartner(context, id, page),
    },
  } satisfies Resolvers
}
