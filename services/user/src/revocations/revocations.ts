import type { Database, Transaction } from '@tikitu/runtime/database'
import { accept, refuse, type Outcome, type Refusal } from '@tikitu/runtime/outcome'
import type { RevocationPage } from '@tikitu/schema/revocations'
import { deleteRevocations, lockRevocations, revocationsAfter, writeRevocation } from './revocation.sql.ts'

/** Sign-ins that are over. */
export interface SignedOut {
  readonly at: Date
}

/** The token does not say which sign-in it is from. */
export type SignInUnknown = Refusal<'SignInUnknown'>

/** Ends one sign-in of a person. That it is theirs is the token's word. */
export async function signOut(
  tx: Transaction,
  { subject, signInId, at }: { subject: string; signInId: string | null; at: Date },
): Promise<Outcome<SignedOut, SignInUnknown>> {
  if (!signInId)
    return refuse('SignInUnknown', 'This token does not say which sign-in it is from. Sign out everywhere.')
  await lockRevocations(tx)
  await writeRevocation(tx, { subject, signInId, signedOutAt: at, at })
  return accept({ at })
}

/** Ends all sign-ins of a person so far. */
export async function signOutEverywhere(
  tx: Transaction,
  { subject, at }: { subject: string; at: Date },
): Promise<Outcome<SignedOut, never>> {
  await lockRevocations(tx)
  await writeRevocation(tx, { subject, signInId: '', signedOutAt: at, at })
  return accept({ at })
}

/** Tells gateways that an account is closed to its holder, or open again. Leaves their sign-ins as they are. */
export async function tellClosed(
  tx: Transaction,
  { subject, isClosed, at }: { subject: string; isClosed: boolean; at: Date },
): Promise<void> {
  await lockRevocations(tx)
  await writeRevocation(tx, { subject, signInId: '', isClosed, at })
}

/** How many revocations are told at once. */
const PAGE = 1_000

/** What became true after a place in the order; everything that is in force after 0. */
export async function readRevocations({ orm }: Database, place: number): Promise<RevocationPage> {
  const rows = await revocationsAfter(orm, place, PAGE)
  return {
    cursor: String(rows.at(-1)?.place ?? place),
    hasMore: rows.length === PAGE,
    revocations: rows.map(({ subject, signInId, signedOutAt, isClosed }) => ({
      subject,
      signInId: signInId === '' ? null : signInId,
      signedOutAt: signedOutAt?.toISOString() ?? null,
      isClosed,
    })),
  }
}

const DAY_MILLISECONDS = 86_400_000

/** Forgets sign-outs whose tokens are long past refreshing. */
export async function forgetRevocations({ orm }: Database, { days, at }: { days: number; at: Date }): Promise<void> {
  await deleteRevocations(orm, new Date(at.getTime() - days * DAY_MILLISECONDS))
}
