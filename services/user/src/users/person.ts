import { Fault } from '@tikitu/runtime/fault'
import type { Identity } from '@tikitu/runtime/identity'

/** The caller's own subject. Anonymous callers get UNAUTHENTICATED, machines FORBIDDEN. */
export function requirePerson({ kind, subject }: Identity): string {
  if (kind === 'user') return subject
  if (kind === 'anonymous') throw new Fault('UNAUTHENTICATED', 'Sign in to do this.')
  throw new Fault('FORBIDDEN', 'Only a person can do this.')
}
