import { readServiceUrls } from '@tikitu/runtime/config'
import { accepted } from '@tikitu/runtime/outcome'
import type { ServiceDefinition } from '@tikitu/runtime/serve'
import { transact } from '@tikitu/runtime/transact'
import { adminResolvers } from './admins/admin.resolvers.ts'
import { ensureSuperAdmin, type Bootstrap } from './admins/bootstrap.ts'
import { auditSubscriptions } from './audit/audit.events.ts'
import { auditResolvers } from './audit/audit.resolvers.ts'
import { counterSubscriptions } from './counters/counter.events.ts'
import { counterResolvers } from './counters/counter.resolvers.ts'
import { eventResolvers } from './events/event.resolvers.ts'
import { httpPeers, type PeerOptions } from './events/peers.ts'
import type { Resolvers } from './generated/graphql.ts'
import { principalRoutes } from './principals/principal.routes.ts'
import { settingResolvers } from './settings/setting.resolvers.ts'

const resolvers = (events: Resolvers): Resolvers => ({
  ...adminResolvers,
  ...auditResolvers,
  ...settingResolvers,
  ...events,
  Query: {
    ...adminResolvers.Query,
    ...auditResolvers.Query,
    ...settingResolvers.Query,
    ...counterResolvers.Query,
    ...events.Query,
  },
  Mutation: { ...adminResolvers.Mutation, ...settingResolvers.Mutation, ...events.Mutation },
})

/** What the service is given. */
export interface AdminOptions {
  /** Who becomes SUPER_ADMIN when nobody is. */
  readonly bootstrap: Bootstrap | null
  /** How the other services are reached. */
  readonly peers?: PeerOptions
}

/** Running the platform: admins and their roles, the audit log, settings, counters, and what became of events. */
export function adminService({ bootstrap, peers = NOBODY }: AdminOptions): ServiceDefinition {
  return {
    name: 'admin',
    resolvers: resolvers(eventResolvers(httpPeers(peers))),
    subscriptions: [...auditSubscriptions, ...counterSubscriptions],
    routes: principalRoutes,
    prepare: async ({ database, log }) => {
      const hasSuperAdmin = accepted(await transact(database, (tx, at) => ensureSuperAdmin(tx, { bootstrap, at })))
      if (!hasSuperAdmin) log.warn('nobody is SUPER_ADMIN; the ADMIN_BOOTSTRAP_ variables say who should be')
    },
  }
}

/** For a service on its own: everybody else is not there. */
const NOBODY: PeerOptions = { serviceUrls: readServiceUrls(0, {}), identitySecret: '' }
