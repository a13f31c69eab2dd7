import { mutate } from '@tikitu/runtime/context'
import type { Database } from '@tikitu/runtime/database'
import { requireUserId } from '@tikitu/runtime/identity'
import { toUnion } from '@tikitu/runtime/outcome'
import type { RequestContext } from '@tikitu/runtime/serve'
import { validInput } from '@tikitu/runtime/validate'
import type { Resolvers } from '../generated/graphql.ts'
import { INSTRUMENTS } from '../providers/instruments.ts'
import type { Outside } from '../providers/outside.ts'
import type { ProviderName, Providers } from '../providers/provider.ts'
import { awaitRequest } from '../requests/requests.ts'
import { confirmInput, startInput } from './payment.input.ts'
import { answerConfirm, isOpen } from './payment.rules.ts'
import { confirmPayment, startPayment } from './payments.ts'
import { pursuePaymentNow } from './pursuit.ts'
import {
  freshPayment,
  listPayments,
  listPaymentsOfUser,
  loaders,
  paymentById,
  paymentsOfBooking,
  telling,
} from './reading.ts'

/** Which provider takes new payments, and how, and how to call any of them. */
export interface PaymentDesk {
  readonly provider: ProviderName
  /** Automatic unless said. */
  readonly capture?: 'automatic' | 'manual'
  readonly providersOf: (database: Database) => Providers
}

/** Payments in the graph: `Query`, `Mutation`, `Payment`, and what bookings and users have of them. */
export function paymentResolvers({ provider, capture = 'automatic', providersOf }: PaymentDesk): Resolvers {
  const outside = ({ database, log }: RequestContext): Outside => ({ database, log, providers: providersOf(database) })

  return {
    Query: {
      payment: (_parent, { id }, context) => paymentById(context, id),
      payments: (_parent, args, context) => listPayments(context, args),
    },

    Mutation: {
      async startPayment(_parent, { input }, context) {
        const payerId = requireUserId(context.identity)
        const start = validInput(startInput, input)
        await awaitRequest(context.database, start.bookingId)
        const begun = await mutate(context, 'Payment', (tx, at) =>
          startPayment(tx, { ...start, payerId, provider, capture, at }),
        )
        if (begun.__typename !== 'Payment') return begun
        await pursuePaymentNow(outside(context), begun.id)
        return { __typename: 'Payment', ...(await freshPayment(context, begun.id)) }
      },

      async confirmPayment(_parent, { input }, context) {
        const payerId = requireUserId(context.identity)
        const confirm = validInput(confirmInput, input)
        const begun = await mutate(context, 'Payment', (tx, at) =>
          confirmPayment(tx, { ...confirm, payerId, instruments: INSTRUMENTS, at }),
        )
        if (begun.__typename !== 'Payment') return begun
        await pursuePaymentNow(outside(context), begun.id)
        return toUnion(answerConfirm(await freshPayment(context, begun.id)), 'Payment')
      },
    },

    Payment: {
      __resolveReference: ({ id }, _args, context) => paymentById(context, id),
      booking: ({ bookingId }) => ({ __typename: 'Booking', id: bookingId }),
      user: ({ payerId }) => ({ __typename: 'User', id: payerId }),
      amount: ({ amount, currency }) => ({ amount, currency }),
      clientSecret: ({ clientSecret, payerId, status }, _args, { identity }) =>
        identity.userId === payerId && isOpen(status) ? clientSecret : null,
      nextActionUrl: ({ nextActionUrl, payerId }, _args, { identity }) =>
        identity.userId === payerId ? nextActionUrl : null,
      refunded: ({ refunded, currency }) => ({ amount: refunded, currency }),
      refunds: ({ id }, _args, context) => loaders(context).refundsOfPayment.load(id),
    },

    Booking: {
      __resolveReference: ({ id }) => ({ __typename: 'Booking', id }),
      payment: async ({ id }, _args, context) => telling(await paymentsOfBooking(context, id)),
      payments: ({ id }, _args, context) => paymentsOfBooking(context, id),
    },

    User: {
      __resolveReference: ({ id }) => ({ __typename: 'User', id }),
      payments: ({ id }, args, context) => listPaymentsOfUser(context, id, args),
    },
  }
}
