import type { ServiceName } from '@tikitu/schema/services'
import type { FixtureRoutes } from './subgraphs.ts'
import { ids, users } from './world.ts'

/** What the services know about principals; a test may change it while the gateway runs. */
export interface PrincipalWorld {
  /** Answers of the user service by Cognito subject. */
  readonly users: Map<string, { userId: string; status: 'ACTIVE' | 'SUSPENDED' | 'ERASED' }>
  /** Answers of the admin service by Cognito subject. */
  readonly admins: Map<string, { adminRole: 'SUPER_ADMIN' | 'SUPPORT' | 'FINANCE' }>
  /** Answers of the partner service by subject or app client. */
  readonly partners: Map<string, { partners: { partnerId: string; role: string }[] }>
  /** Services that take the question and never answer. */
  readonly silent: Set<ServiceName>
}

/** Two users; one of them is an admin, the other the owner of the first partner, which has a machine. */
export function principalWorld(): PrincipalWorld {
  return {
    users: new Map(users.map(({ id, subject }) => [subject, { userId: id, status: 'ACTIVE' }])),
    admins: new Map([['sub-ada', { adminRole: 'SUPPORT' }]]),
    partners: new Map([
      ['sub-bob', { partners: [{ partnerId: ids.partner(1), role: 'OWNER' }] }],
      ['machine-1', { partners: [{ partnerId: ids.partner(1), role: 'MACHINE' }] }],
    ]),
    silent: new Set(),
  }
}

/** The routes through which the fixtures tell it. */
export function principalRoutes(world: PrincipalWorld): Partial<Record<ServiceName, FixtureRoutes>> {
  const from =
    (service: 'user' | 'admin' | 'partner', known: ReadonlyMap<string, object>): FixtureRoutes =>
    (app) => {
      app.get<{ Querystring: { subject: string } }>('/internal/principal', async (request, reply) => {
        if (world.silent.has(service)) await new Promise(() => {})
        const answer = known.get(request.query.subject)
        return answer ?? reply.code(404).send({})
      })
    }
  return {
    user: from('user', world.users),
    admin: from('admin', world.admins),
    partner: from('partner', world.partners),
  }
}
