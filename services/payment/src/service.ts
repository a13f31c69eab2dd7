import type { Database } from '@tikitu/runtime/database'
import { cron, job } from '@tikitu/runtime/jobs'
import type { ServiceDefinition } from '@tikitu/runtime/serve'
import { settingSubscription } from '@tikitu/runtime/settings'
import type { PaymentConfig } from './config.ts'
import { findDisputes } from './disputes/following.ts'
import { AdoptPayments, FollowWebhook, PursuePayment, PursueRefund } from './jobs.ts'
import { adoptForgotten } from './payments/adoption.ts'
import { pursuePayment } from './payments/pursuit.ts'
import type { Providers } from './providers/provider.ts'
import { dayBefore, reconcileDay } from './reconciliation/reconciliation.ts'
import { keepPursuing, reconcile } from './reconcile.ts'
import { refundSubscriptions } from './refunds/refund.events.ts'
import { pursueRefund } from './refunds/refund-pursuit.ts'
import { requestSubscriptions } from './requests/request.events.ts'
import { resolversOf } from './resolvers.ts'
import { settlementSubscriptions } from './settlements/settlement.events.ts'
import { settleAll } from './settlements/settlements.ts'
import { addWebhooks } from './webhooks/webhook.routes.ts'
import { followWebhook } from './webhooks/webhooks.ts'

/** How far back the provider is asked for disputes every ten minutes, and once a day, in days: most last for months. */
const DISPUTES_DAYS = 7
const OLD_DISPUTES_DAYS = 180

/** The payment service's table of contents. */
export function definePayment(
  { provider, capture = 'automatic' }: Pick<PaymentConfig, 'provider'> & Partial<Pick<PaymentConfig, 'capture'>>,
  open: (database: Database) => Providers,
): ServiceDefinition {
  // Once, so that everybody rests when a provider is down.
  let opened: Providers | undefined
  const providersOf = (database: Database) => (opened ??= open(database))
  return {
    name: 'payment',
    resolvers: resolversOf({ provider, capture, providersOf }),
    subscriptions: [...requestSubscriptions, ...refundSubscriptions, ...settlementSubscriptions, settingSubscription],
    routes: (app, { database, log, settings }) => {
      const providers = providersOf(database)
      addWebhooks(app, { database, log, settings }, providers)
      const pursuit = keepPursuing({ database, log, providers })
      app.addHook('onClose', () => pursuit.stop())
    },
    jobs: ({ database, log }) => {
      const outside = { database, log, providers: providersOf(database) }
      return [
        job(PursuePayment, ({ paymentId }) => pursuePayment(outside, paymentId)),
        job(FollowWebhook, (followed) => followWebhook(outside, followed)),
        job(AdoptPayments, ({ since }) => adoptForgotten(outside, new Date(since))),
        job(PursueRefund, ({ refundId }) => pursueRefund(outside, refundId)),
        cron('payment.reconcile', '* * * * *', () => reconcile(outside)),
        cron('payment.find_disputes', '*/10 * * * *', () =>
          findDisputes(outside, { at: new Date(), days: DISPUTES_DAYS }),
        ),
        cron('payment.find_old_disputes', '10 1 * * *', () =>
          findDisputes(outside, { at: new Date(), days: OLD_DISPUTES_DAYS }),
        ),
        cron('payment.settle', '17 * * * *', () => settleAll(outside)),
        cron('payment.reconcile_day', '40 1 * * *', () => reconcileDay(outside, dayBefore(new Date()))),
      ]
    },
  }
}
