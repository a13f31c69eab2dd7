import type { Database } from '@tikitu/runtime/database'
import { cron, job } from '@tikitu/runtime/jobs'
import type { ServiceDefinition } from '@tikitu/runtime/serve'
import { settingSubscription } from '@tikitu/runtime/settings'
import type { PaymentConfig } from './config.ts'
import { PursuePayment, PursueRefund } from './jobs.ts'
import { paymentResolvers } from './payments/payment.resolvers.ts'
import { pursuePayment } from './payments/pursuit.ts'
import type { Providers } from './providers/provider.ts'
import { openSandbox } from './providers/sandbox/sandbox.ts'
import { reconcile } from './reconcile.ts'
import { refundSubscriptions } from './refunds/refund.events.ts'
import { refundResolvers } from './refunds/refund.resolvers.ts'
import { pursueRefund } from './refunds/refund-pursuit.ts'
import { requestSubscriptions } from './requests/request.events.ts'

/** The providers of an installation; the sandbox keeps its books in a schema of its own in our database. */
const openProviders = (database: Database): Providers => ({ sandbox: openSandbox(database) })

/** The payment service's table of contents. */
export function definePayment(
  { provider }: Pick<PaymentConfig, 'provider'>,
  providersOf: (database: Database) => Providers = openProviders,
): ServiceDefinition {
  return {
    name: 'payment',
    resolvers: { ...paymentResolvers({ provider, providersOf }), ...refundResolvers },
    subscriptions: [...requestSubscriptions, ...refundSubscriptions, settingSubscription],
    jobs: ({ database, log }) => {
      const outside = { database, log, providers: providersOf(database) }
      return [
        job(PursuePayment, ({ paymentId }) => pursuePayment(outside, paymentId)),
        job(PursueRefund, ({ refundId }) => pursueRefund(outside, refundId)),
        cron('payment.reconcile', '* * * * *', () => reconcile(outside)),
      ]
    },
  }
}
