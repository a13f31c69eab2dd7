import { mutate, type RequestContext } from '@tikitu/runtime/context'
import { requireUserId } from '@tikitu/runtime/identity'
import { timesMoney } from '@tikitu/runtime/money'
import { validInput } from '@tikitu/runtime/validate'
import { eventLoaders } from '../events/event.loaders.ts'
import type { Resolvers } from '../generated/graphql.ts'
import type { BookingSource } from '../mappers.ts'
import { ticketsOfBooking } from '../tickets/ticket.loaders.ts'
import { cancelInput, checkoutInput, refundInput } from './booking.input.ts'
import { bookingById, followBooking, freshBooking, listBookings, listBookingsOfUser } from './booking.loaders.ts'
import { deadlineOf, isCheckedOut } from './booking.rules.ts'
import { cancelBooking, quoteCancellation } from './cancellation.ts'
import { checkout, type CheckoutTerms } from './checkout.ts'
import { refundBooking } from './refunding.ts'

/** Bookings in the graph: what there is to ask about them, checkout and cancellation, and what users have of them. */
export const bookingResolvers: Resolvers = {
  Query: {
    booking: (_parent, { id }, context) => bookingById(context, id),
    bookings: (_parent, args, context) => listBookings(context, args),
    async cancellationQuote(_parent, { bookingId }, context) {
      const { identity } = context
      const outcome = await mutate(context, 'CancellationQuote', (tx, at) =>
        quoteCancellation(tx, { bookingId, identity, at }),
      )
      if (outcome.__typename !== 'CancellationQuote') return outcome
      const booking = await freshBooking(context, outcome.id)
      const { currency } = booking
      return {
        __typename: 'CancellationQuote',
        booking,
        refund: { amount: outcome.refund, currency },
        kept: { amount: outcome.kept, currency },
        until: outcome.until,
      }
    },
  },

  Mutation: {
    async checkout(_parent, { input }, context) {
      const userId = requireUserId(context.identity)
      const wish = validInput(checkoutInput, input)
      const terms = termsInForce(context)
      const outcome = await mutate(context, 'Booking', (tx, at) => checkout(tx, { ...wish, userId, terms, at }))
      if (outcome.__typename !== 'Booking') return outcome
      return { __typename: 'Booking', ...(await freshBooking(context, outcome.id)) }
    },

    async refundBooking(_parent, { input }, context) {
      const { identity } = context
      const wish = validInput(refundInput, input)
      const outcome = await mutate(context, 'Booking', (tx, at) => refundBooking(tx, { ...wish, identity, at }))
      if (outcome.__typename !== 'Booking') return outcome
      return { __typename: 'Booking', ...(await freshBooking(context, outcome.id)) }
    },

    async cancelBooking(_parent, { input }, context) {
      const { identity } = context
      const wish = validInput(cancelInput, input)
      const outcome = await mutate(context, 'Booking', (tx, at) => cancelBooking(tx, { ...wish, identity, at }))
      if (outcome.__typename !== 'Booking') return outcome
      return { __typename: 'Booking', ...(await freshBooking(context, outcome.id)) }
    },
  },

  Subscription: {
    bookingUpdated: {
      subscribe: (_parent, { id }, context) => followBooking(context, id),
      resolve: (booking: BookingSource) => booking,
    },
  },

  Booking: {
    __resolveReference: ({ id }, _args, context) => bookingById(context, id),
    reference: ({ id, reference }) => {
      if (reference === null) throw new Error(`hold ${id} was taken for a booking`)
      return reference
    },
    status: ({ id, status }) => {
      if (!isCheckedOut(status)) throw new Error(`hold ${id} was taken for a booking`)
      return status
    },
    user: ({ userId }) => ({ __typename: 'User', id: userId }),
    event: ({ eventId }, _args, context) => eventLoaders(context).event.load(eventId),
    lines: ({ lines, currency }) => lines.map((line) => ({ ...line, currency })),
    subtotal: ({ total, fees, taxes, currency }) => ({ amount: total - fees - taxes, currency }),
    fees: ({ fees, currency }) => ({ amount: fees, currency }),
    taxes: ({ taxes, currency }) => ({ amount: taxes, currency }),
    total: ({ total, currency }) => ({ amount: total, currency }),
    cancellationPolicy: async ({ policy, eventId }, _args, context) => {
      const event = policy && (await eventLoaders(context).event.load(eventId))
      return event && { ...policy, until: deadlineOf(policy, event.startsAt) }
    },
    paymentDeadline: ({ total, expiresAt }) => (total === 0 ? null : expiresAt),
    tickets: ({ id }, _args, context) => ticketsOfBooking(context, id),
    createdAt: ({ checkedOutAt, createdAt }) => checkedOutAt ?? createdAt,
    cancelReason: ({ endReason }) => endReason,
  },

  BookingLine: {
    ticketType: ({ ticketTypeId }, _args, context) => eventLoaders(context).ticketType.load(ticketTypeId),
    unitPrice: ({ unitPrice, currency }) => ({ amount: unitPrice, currency }),
    total: ({ unitPrice, currency, quantity }) => timesMoney({ amount: unitPrice, currency }, quantity),
    fees: ({ fees = 0, currency }) => ({ amount: fees, currency }),
    taxes: ({ taxes = 0, currency }) => ({ amount: taxes, currency }),
  },

  User: {
    __resolveReference: ({ id }) => ({ __typename: 'User', id }),
    bookings: ({ id }, args, context) => listBookingsOfUser(context, id, args),
  },
}

function termsInForce({ settings }: RequestContext): CheckoutTerms {
  return {
    paymentMinutes: settings.get('booking.paymentMinutes'),
    cancellationHours: settings.get('booking.cancellationHours'),
    refundBasisPoints: settings.get('booking.refundBasisPoints'),
    commission: {
      basisPoints: settings.get('partner.commissionBasisPoints'),
      fixedPerTicket: settings.get('partner.commissionFixedPerTicket'),
    },
  }
}
