import { TokenRejected, type IdClaims, type TokenVerifier } from '@tikitu/runtime/cognito'
import { violatedConstraint, type Transaction } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import type { Logger } from '@tikitu/runtime/log'
import { accept, refuse, type Outcome, type Refusal } from '@tikitu/runtime/outcome'
import { phone, text } from '@tikitu/runtime/validate'
import { publishChange, publishRegistration } from './contacts.ts'
import { requireOpen } from './profiles.ts'
import { newestSaid } from './user.rules.ts'
import {
  insertPreferences,
  insertUser,
  preferencesOf,
  updateAtSignIn,
  userBySubjectForUpdate,
  type NewUser,
  type UserRow,
} from './user.sql.ts'

/** The id token is not one of ours, or not the caller's own. */
export type IdTokenRejected = Refusal<'IdTokenRejected'>

/** Another account has the e-mail address. */
export type EmailTaken = Refusal<'EmailTaken'>

/** How the caller proves who they are. */
export interface Proof {
  readonly verify: TokenVerifier<IdClaims>
  readonly idToken: string
  /** The caller's own subject, from their access token: nobody registers with somebody else's id token. */
  readonly subject: string
  readonly log: Logger
}

/** What Cognito says about the caller. May ask Cognito for its keys, so it comes before the transaction. */
export async function proveIdentity({
  verify,
  idToken,
  subject,
  log,
}: Proof): Promise<Outcome<IdClaims, IdTokenRejected>> {
  try {
    const claims = await verify(idToken)
    if (claims.subject === subject) return accept(claims)
    log.info('an id token was refused: it is somebody else’s')
  } catch (error) {
    if (!(error instanceof TokenRejected)) throw error
    log.info({ reason: error.message }, 'an id token was refused')
  }
  return refuse('IdTokenRejected', 'This id token cannot be used. Sign in again and use the new one.')
}

/**
 * The account of the person that the claims are about: made if there is none, told once to the other services, and with
 * the newest e-mail address either way. Any number of callers may try at once.
 */
export async function registerUser(
  tx: Transaction,
  { claims, at }: { claims: IdClaims; at: Date },
): Promise<Outcome<UserRow, EmailTaken>> {
  const user = await insertUser(tx, newUser(claims, at))
  if (user) {
    const preferences = await insertPreferences(tx, user.id)
    await publishRegistration(tx, { user, preferences }, at)
    return accept(user)
  }
  const known = await userBySubjectForUpdate(tx, claims.subject)
  if (!known) return emailTaken()
  requireOpen(known)
  return refreshUser(tx, known, { claims, at })
}

function newUser(claims: IdClaims, at: Date): NewUser {
  return {
    id: newId(),
    cognitoSub: claims.subject,
    email: claims.email,
    isEmailVerified: claims.isEmailVerified,
    // What a federated provider calls a name may be anything; the person can tell us better later.
    firstName: text(1, 100).safeParse(claims.firstName).data ?? null,
    lastName: text(1, 100).safeParse(claims.lastName).data ?? null,
    phone: phone.safeParse(claims.phone).data ?? null,
    signUpAt: at,
    lastSeenAt: at,
    signedInAt: instant(claims.signedInAtSeconds),
    identityProvider: claims.identityProvider,
    claimsAt: instant(claims.issuedAtSeconds),
  }
}

const instant = (seconds: number) => new Date(seconds * 1000)

const emailTaken = () => refuse('EmailTaken', 'Another account has this e-mail address.')

async function refreshUser(
  tx: Transaction,
  known: UserRow,
  { claims, at }: { claims: IdClaims; at: Date },
): Promise<Outcome<UserRow, EmailTaken>> {
  const { email, isEmailVerified, issuedAtSeconds, signedInAtSeconds } = claims
  const { email: newest, ...said } = newestSaid(known, { email, isEmailVerified, claimsAt: instant(issuedAtSeconds) })
  try {
    const user = await updateAtSignIn(tx, known.id, {
      email: newest,
      isEmailVerified: said.isEmailVerified,
      claimsAt: said.claimsAt,
      signedInAt: instant(signedInAtSeconds),
      at,
    })
    const [preferences] = await preferencesOf(tx, [known.id])
    if (!preferences) throw new Error('an account without preferences')
    await publishChange(tx, { user: known, preferences }, { user, preferences }, at)
    return accept(user)
  } catch (error) {
    if (violatedConstraint(error) === 'users_one_per_email') return emailTaken()
    throw error
  }
}
