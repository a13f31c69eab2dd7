import { idTokenVerifier, type CognitoConfig } from '@tikitu/runtime/cognito'
import type { ServiceDefinition } from '@tikitu/runtime/serve'
import { settingSubscription } from '@tikitu/runtime/settings'
import { addressResolvers } from './addresses/address.resolvers.ts'
import type { Resolvers } from './generated/graphql.ts'
import { partnerCustomerSubscriptions } from './partner-customers/partner-customer.events.ts'
import { principalRoutes } from './principals/principal.routes.ts'
import { userResolvers } from './users/user.resolvers.ts'

/** Accounts: who people are, how to address and reach them, and whether they may use the platform. */
export function userService({ cognito }: { cognito: CognitoConfig }): ServiceDefinition {
  const users = userResolvers(idTokenVerifier(cognito))
  const resolvers: Resolvers = {
    ...users,
    Mutation: { ...users.Mutation, ...addressResolvers.Mutation },
  }
  return {
    name: 'user',
    resolvers,
    subscriptions: [...partnerCustomerSubscriptions, settingSubscription],
    routes: principalRoutes,
  }
}
