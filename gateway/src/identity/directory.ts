import type { AccessClaims } from '@tikitu/runtime/cognito'
import type { Identity } from '@tikitu/runtime/identity'
import type { Logger } from '@tikitu/runtime/log'
import { adminPrincipal, partnerPrincipal, userPrincipal } from '@tikitu/schema/principals'
import type { ServiceName } from '@tikitu/schema/services'
import { questionOf, type Question } from './ask-service.ts'
import { lookup, type Answer } from './lookup.ts'

/** What our services know about whoever holds a token. */
export type Principal = Pick<Identity, 'userId' | 'adminRole' | 'partners' | 'incomplete'> & {
  /** Whether the account was suspended or erased. */
  readonly closed: boolean
}

/** Asks the services who somebody is. */
export interface Directory {
  principalOf(claims: AccessClaims, requestId: string): Promise<Principal>
  /** Asks anew about these people: something has changed for them. */
  forget(subjects: ReadonlySet<string>): void
}

/** How the services are asked. */
export interface DirectoryOptions {
  readonly serviceUrls: Readonly<Record<ServiceName, string>>
  readonly identitySecret: string
  readonly cacheMilliseconds: number
  readonly timeoutMilliseconds: number
  readonly failuresMax: number
  readonly restMilliseconds: number
  readonly log: Logger
}

/**
 * The directory of principals: accounts from the user service, roles of admins from the admin service, staff and
 * machines from the partner service. A service that does not answer leaves its part out and the principal `incomplete`.
 */
export function principalDirectory({ serviceUrls, ...options }: DirectoryOptions): Directory {
  const privileged = { ...options, cacheMilliseconds: Math.min(options.cacheMilliseconds, PRIVILEGE_MILLISECONDS) }
  const users = lookup({ ...options, url: serviceUrls.user, shape: userPrincipal, together: true })
  const admins = lookup({ ...privileged, url: serviceUrls.admin, shape: adminPrincipal })
  const partners = lookup({ ...privileged, url: serviceUrls.partner, shape: partnerPrincipal })
  // Claims are remembered with their token, so each is worded once.
  const questions = new WeakMap<AccessClaims, Questions>()
  const questionsAbout = (claims: AccessClaims): Questions => {
    const known = questions.get(claims)
    if (known) return known
    const { subject, signedInAtSeconds } = claims
    const signedInAt = new Date(signedInAtSeconds * 1000).toISOString()
    const worded = { signIn: questionOf({ subject, signedInAt }), subject: questionOf({ subject }) }
    questions.set(claims, worded)
    return worded
  }

  return {
    principalOf: async (claims, requestId) => {
      const { kind, groups } = claims
      const isMachine = kind === 'machine'
      const { signIn, subject } = questionsAbout(claims)
      // All at once; and no question fails.
      const asked = {
        user: isMachine ? NOBODY : users.ask(signIn, requestId),
        admin: groups.includes('admin') ? admins.ask(subject, requestId) : NOBODY,
        partner: isMachine || groups.includes('partner') ? partners.ask(subject, requestId) : NOBODY,
      }
      const user = await asked.user
      const admin = await asked.admin
      const partner = await asked.partner
      const account = knownIn(user)
      return {
        userId: account?.userId ?? null,
        closed: account !== undefined && account.status !== 'ACTIVE',
        adminRole: knownIn(admin)?.adminRole ?? null,
        partners: knownIn(partner)?.partners ?? [],
        incomplete: user === 'unanswered' || admin === 'unanswered' || partner === 'unanswered',
      }
    },
    forget: (subjects) => [users, admins, partners].forEach((service) => service.forget(subjects)),
  }
}

/** What is asked about the holder of a token. */
interface Questions {
  readonly signIn: Question
  readonly subject: Question
}

/** How long a role is believed at most, in milliseconds: whoever loses it is without it within a second. They are few, so asking is cheap. */
const PRIVILEGE_MILLISECONDS = 500

/** The answer of a service that has no reason to know the caller. */
const NOBODY = 'unknown' as const

function knownIn<Known>(answer: Answer<Known>): Known | undefined {
  return typeof answer === 'object' ? answer.known : undefined
}
