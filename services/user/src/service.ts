import { idTokenVerifier, type CognitoConfig } from '@tikitu/runtime/cognito'
import { cron } from '@tikitu/runtime/jobs'
import type { ServiceDefinition } from '@tikitu/runtime/serve'
import { settingSubscription } from '@tikitu/runtime/settings'
import { addressResolvers } from './addresses/address.resolvers.ts'
import type { Resolvers } from './generated/graphql.ts'
import { partnerCustomerSubscriptions } from './partner-customers/partner-customer.events.ts'
import { principalRoutes } from './principals/principal.routes.ts'
import { revocationResolvers } from './revocations/revocation.resolvers.ts'
import { revocationRoutes } from './revocations/revocation.routes.ts'
import { forgetRevocations } from './revocations/revocations.ts'
import { userResolvers } from './users/user.resolvers.ts'

/** What the service is given. */
export interface UserServiceOptions {
  /** Whose id tokens people may register with. */
  readonly cognito: CognitoConfig
  /** How long the user pool lets a sign-in be refreshed, in days: so long a sign-out is remembered. */
  readonly refreshDays: number
}

/** Accounts: who people are, how to address and reach them, and whether they may use the platform. */
export function userService({ cognito, refreshDays }: UserServiceOptions): ServiceDefinition {
  const users = userResolvers(idTokenVerifier(cognito))
  const resolvers: Resolvers = {
    ...users,
    Mutation: { ...users.Mutation, ...addressResolvers.Mutation, ...revocationResolvers.Mutation },
  }
  return {
    name: 'user',
    resolvers,
    subscriptions: [...partnerCustomerSubscriptions, settingSubscription],
    jobs: ({ database }) => [
      cron('revocations.forget', '41 3 * * *', () =>
        forgetRevocations(database, { days: refreshDays, at: new Date() }),
      ),
    ],
    routes: (app, parts) => {
      principalRoutes(app, parts)
      revocationRoutes(app, parts)
    },
  }
}
