import { z } from 'zod'
import { defineEvent } from './define.ts'
import { id, instant } from './shapes.ts'

const contact = {
  userId: id,
  email: z.email(),
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
  /** BCP 47. */
  language: z.string(),
  /** IANA time zone. */
  timezone: z.string(),
}

/** Somebody registered; welcome them, and remember how to reach them. */
export const UserRegistered = defineEvent(
  'user.registered',
  z.object({ ...contact, at: instant }),
  (data) => data.userId,
)

/** A profile or preference changed that others keep a copy of. Carries the whole copy. */
export const UserUpdated = defineEvent('user.updated', z.object({ ...contact, at: instant }), (data) => data.userId)

/** An account was closed to its holder by an admin, or opened again. */
export const UserStatusChanged = defineEvent(
  'user.status_changed',
  z.object({ userId: id, status: z.enum(['ACTIVE', 'SUSPENDED', 'ERASED']), at: instant }),
  (data) => data.userId,
)
