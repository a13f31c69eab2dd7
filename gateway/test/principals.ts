import { PRINCIPALS_PATH } from '@tikitu/schema/principals'
import { IDENTITY_HEADER, requireService, verifyIdentity } from '@tikitu/runtime/identity'
import { REVOCATIONS_PATH, type Revocation, type RevocationPage } from '@tikitu/schema/revocations'
import type { ServiceName } from '@tikitu/schema/services'
import { IDENTITY_SECRET, type FixtureRoutes } from './subgraphs.ts'
import { ids, users } from './world.ts'

/** What the services know about principals; a test may change it while the gateway runs. */
export interface PrincipalWorld {
  /** Answers of the user service by Cognito subject. */
  readonly users: Map<string, { userId: string; status: 'ACTIVE' | 'SUSPENDED' | 'ERASED' }>
  /** Answers of the admin service by Cognito subject. */
  readonly admins: Map<string, { adminRole: 'SUPER_ADMIN' | 'SUPPORT' | 'FINANCE' }>
  /** Answers of the partner service by subject or app client. */
  readonly partners: Map<string, { partners: { partnerId: string; role: string }[] }>
  /** What the user service tells about revocations, in its order; a test adds to it. */
  readonly revocations: Revocation[]
  /** How often it was asked for them. */
  revocationsAsked: number
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
    revocations: [],
    revocationsAsked: 0,
    silent: new Set(),
  }
}

/** How many revocations are told at once: few, so that there is more than one page. */
const PAGE = 3

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
  const user = from('user', world.users)
  return {
    user: (app) => {
      user(app)
      app.post<{ Body: { questions: { subject: string }[] } }>(PRINCIPALS_PATH, async ({ body: { questions } }) => {
        if (world.silent.has('user')) await new Promise(() => {})
        return { principals: questions.map(({ subject }) => world.users.get(subject) ?? null) }
      })
      app.get<{ Querystring: { after?: string } }>(REVOCATIONS_PATH, async (request): Promise<RevocationPage> => {
        world.revocationsAsked += 1
        if (world.silent.has('user')) await new Promise(() => {})
        const { [IDENTITY_HEADER]: header } = request.headers
        requireService(verifyIdentity(typeof header === 'string' ? header : undefined, IDENTITY_SECRET, request.id))
        const told = world.revocations.slice(Number(request.query.after ?? 0)).slice(0, PAGE)
        const place = Number(request.query.after ?? 0) + told.length
        return { cursor: String(place), hasMore: place < world.revocations.length, revocations: told }
      })
    },
    admin: from('admin', world.admins),
    partner: from('partner', world.partners),
  }
}
