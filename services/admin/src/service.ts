import { accepted } from '@tikitu/runtime/outcome'
import type { ServiceDefinition } from '@tikitu/runtime/serve'
import { transact } from '@tikitu/runtime/transact'
import { adminResolvers } from './admins/admin.resolvers.ts'
import { ensureSuperAdmin, type Bootstrap } from './admins/bootstrap.ts'
import { auditSubscriptions } from './audit/audit.events.ts'
import { auditResolvers } from './audit/audit.resolvers.ts'
import { counterSubscriptions } from './counters/counter.events.ts'
import { counterResolvers } from './counters/counter.resolvers.ts'
import type { Resolvers } from './generated/graphql.ts'
import { principalRoutes } from './principals/principal.routes.ts'
import { settingResolvers } from './settings/setting.resolvers.ts'

const resolvers: Resolvers = {
  ...adminResolvers,
  ...auditResolvers,
  ...settingResolvers,
  Query: {
    ...adminResolvers.Query,
    ...auditResolvers.Query,
    ...settingResolvers.Query,
    ...counterResolvers.Query,
  },
  Mutation: { ...adminResolvers.Mutation, ...settingResolvers.Mutation },
}

/** Running the platform: admins and their roles, the audit log, settings, counters. */
export function adminService({ bootstrap }: { bootstrap: Bootstrap | null }): ServiceDefinition {
  return {
    name: 'admin',
    resolvers,
    subscriptions: [...auditSubscriptions, ...counterSubscriptions],
    routes: principalRoutes,
    prepare: async ({ database, log }) => {
      const hasSuperAdmin = accepted(await transact(database, (tx, at) => ensureSuperAdmin(tx, { bootstrap, at })))
      if (!hasSuperAdmin) log.warn('nobody is SUPER_ADMIN; the ADMIN_BOOTSTRAP_ variables say who should be')
    },
  }
}
