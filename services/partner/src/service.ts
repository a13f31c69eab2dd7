import type { ServiceDefinition } from '@tikitu/runtime/serve'
import { settingSubscription } from '@tikitu/runtime/settings'
import { apiClientResolvers } from './api-clients/api-client.resolvers.ts'
import type { PartnerConfig } from './config.ts'
import { joinPartnerGroup } from './directory/join-partner-group.ts'
import { openUserPool } from './directory/user-pool.ts'
import type { Resolvers } from './generated/graphql.ts'
import { partnerResolvers } from './partners/partner.resolvers.ts'
import { seatingPlanResolvers } from './seating-plans/seating-plan.resolvers.ts'
import { staffRoutes } from './staff/staff.routes.ts'
import { venueResolvers } from './venues/venue.resolvers.ts'

const resolvers: Resolvers = {
  Query: { ...partnerResolvers.Query, ...venueResolvers.Query, ...seatingPlanResolvers.Query },
  Mutation: {
    ...partnerResolvers.Mutation,
    ...venueResolvers.Mutation,
    ...seatingPlanResolvers.Mutation,
    ...apiClientResolvers.Mutation,
  },
  Partner: partnerResolvers.Partner,
  StaffMember: partnerResolvers.StaffMember,
  ApiClient: apiClientResolvers.ApiClient,
  Venue: venueResolvers.Venue,
  SeatingPlan: seatingPlanResolvers.SeatingPlan,
}

/** The partner service's table of contents. */
export function definePartner({ userPool }: Pick<PartnerConfig, 'userPool'>): ServiceDefinition {
  return {
    name: 'partner',
    resolvers,
    subscriptions: [settingSubscription],
    jobs: () => [joinPartnerGroup(openUserPool(userPool))],
    routes: staffRoutes,
  }
}
