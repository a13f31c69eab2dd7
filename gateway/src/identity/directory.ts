import type { Identity } from '@tikitu/runtime/identity'
import type { Logger } from '@tikitu/runtime/log'
import { adminPrincipal, partnerPrincipal, userPrincipal } from '@tikitu/schema/principals'
import type { ServiceName } from '@tikitu/schema/services'
import type { z } from 'zod'
import { lookup, type Answer } from './lookup.ts'

/** What our services know about whoever holds a token. */
export type Principal = Pick<Identity, 'userId' | 'adminRole' | 'partners' | 'incomplete'> & {
  /** Whether the account was suspended or erased. */
  readonly closed: boolean
}

/** Asks the services who somebody is. */
export interface Directory {
  person(subject: string, groups: readonly string[], requestId: string): Promise<Principal>
  machine(clientId: string, requestId: string): Promise<Principal>
}

/** How the services are asked. */
export interface DirectoryOptions {
  readonly serviceUrls: Readonly<Record<ServiceName, string>>
  readonly identitySecret: string
  readonly cacheMilliseconds: number
  readonly timeoutMilliseconds: number
  readonly log: Logger
}

/**
 * The directory of principals: accounts from the user service, roles of admins from the admin service, staff and
 * machines from the partner service. A service that does not answer leaves its part out and the principal `incomplete`.
 */
export function principalDirectory({ serviceUrls, ...options }: DirectoryOptions): Directory {
  const ask = <Known>(service: ServiceName, shape: z.ZodType<Known>) =>
    lookup({ ...options, url: serviceUrls[service], shape })
  const askUser = ask('user', userPrincipal)
  const askAdmin = ask('admin', adminPrincipal)
  const askPartner = ask('partner', partnerPrincipal)
  const notAsked = 'unknown' as const

  return {
    person: async (subject, groups, requestId) => {
      const askedAdmin = groups.includes('admin') ? askAdmin({ subject }, requestId) : notAsked
      const user = await askUser({ subject }, requestId)
      const userId = knownIn(user)?.userId ?? null
      const askedPartner = groups.includes('partner')
        ? askPartner({ subject, ...(userId === null ? {} : { userId }) }, requestId)
        : notAsked
      const [admin, partner] = await Promise.all([askedAdmin, askedPartner])
      return {
        userId,
        closed: user !== 'unknown' && user !== 'unanswered' && user.known.status !== 'ACTIVE',
        adminRole: knownIn(admin)?.adminRole ?? null,
        partners: knownIn(partner)?.partners ?? [],
        incomplete: [user, admin, partner].includes('unanswered'),
      }
    },
    machine: async (clientId, requestId) => {
      const partner = await askPartner({ clientId, subject: clientId }, requestId)
      return {
        userId: null,
        closed: false,
        adminRole: null,
        partners: knownIn(partner)?.partners ?? [],
        incomplete: partner === 'unanswered',
      }
    },
  }
}

function knownIn<Known>(answer: Answer<Known>): Known | undefined {
  return typeof answer === 'object' ? answer.known : undefined
}
