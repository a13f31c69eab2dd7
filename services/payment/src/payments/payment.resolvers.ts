import { mutate } from '@tikitu/runtime/context'
import type { Database } from '@tikitu/runtime/database'
import { requireUserId } from '@tikitu/runtime/identity'
import { toUnion, type Refusal } from '@tikitu/runtime/outcome'
import type { Work } from '@tikitu/runtime/transact'
import type { RequestContext } from '@tikitu/runtime/serve'
import { validInput } from '@tikitu/runtime/validate'
import type { Resolvers } from '../generated/graphql.ts'
import { INSTRUMENTS } from '../providers/instruments.ts'
import type { Outside } from '../providers/outside.ts'
import type { ProviderName, Providers } from '../providers/provider.ts'
import { awaitRequest } from '../requests/requests.ts'
import { confirmInput, startInput } from './payment.input.ts'
import { answerConfirm, isOpen } from './payment.rules.ts'
import type { PaymentSource } from '../mappers.ts'
import { confirmPayment, startPayment } from './payments.ts'
import { firstQuestion, pursueNow, type Begun, type Question } from './pursuit.ts'
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

  /** The attempt after what was written down was asked, as far as it goes now. */
  async function rested(context: RequestContext, paymentId: string, { question }: Written): Promise<PaymentSource> {
    const payment = question && (await pursueNow(outside(context), question))
    return payment ?? freshPayment(context, paymentId)
  }

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
        const written: Written = { question: null }
        const begun = await mutate(
          context,
          'Payment',
          withQuestion(written, (tx, at) => startPayment(tx, { ...start, payerId, provider, capture, at })),
        )
        if (begun.__typename !== 'Payment') return begun
        return { __typename: 'Payment', ...(await rested(context, begun.id, written)) }
      },

      async confirmPayment(_parent, { input }, context) {
        const payerId = requireUserId(context.identity)
        const confirm = validInput(confirmInput, input)
        const written: Written = { question: null }
        const begun = await mutate(
          context,
          'Payment',
          withQuestion(written, (tx, at) => confirmPayment(tx, { ...confirm, payerId, instruments: INSTRUMENTS, at })),
        )
        if (begun.__typename !== 'Payment') return begun
        return toUnion(answerConfirm(await rested(context, begun.id, written)), 'Payment')
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

/** What a transaction has left to ask the provider. */
interface Written {
  question: Question | null
}

/** Does what gives an attempt something to ask, and writes down what that is in the same transaction. */
function withQuestion<Value extends Begun, No extends Refusal>(
  written: Written,
  verb: Work<Value, No>,
): Work<Value, No> {
  return async (tx, at) => {
    const outcome = await verb(tx, at)
    written.question = outcome.ok ? await firstQuestion(tx, outcome.value, at) : null
    return outcome
  }
}
