import { randomUUID } from 'node:crypto'
import type { IdClaims } from '@tikitu/runtime/cognito'
import type { Database } from '@tikitu/runtime/database'
import { accepted } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { registerUser } from '../src/users/registration.ts'
import type { UserRow } from '../src/tables.ts'

/** What Cognito says about somebody. */
export function claimsOf(facts: Partial<IdClaims> = {}): IdClaims {
  const subject = facts.subject ?? randomUUID()
  return {
    subject,
    email: `${subject}@example.com`,
    isEmailVerified: true,
    firstName: null,
    lastName: null,
    phone: null,
    identityProvider: 'Cognito',
    signedInAtSeconds: 1_800_000_000,
    issuedAtSeconds: 1_800_000_000,
    ...facts,
  }
}

/** Somebody with an account. */
export async function aRegisteredUser(database: Database, facts: Partial<IdClaims> = {}): Promise<UserRow> {
  return accepted(await transact(database, (tx, at) => registerUser(tx, { claims: claimsOf(facts), at })))
}
