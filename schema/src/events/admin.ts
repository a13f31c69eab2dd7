import { z } from 'zod'
import { defineEvent } from './define.ts'
import { id, instant } from './shapes.ts'

/** A platform setting has a new value; the services apply it as it comes. */
export const SettingChanged = defineEvent(
  'setting.changed',
  z.object({ key: z.string(), value: z.json(), version: z.int().positive(), at: instant }),
  (data) => data.key,
)

/** Somebody with a privilege used it. Every service publishes these; admin keeps them for ever. */
export const AuditRecorded = defineEvent(
  'audit.recorded',
  z.object({
    auditId: id,
    actor: z.object({ kind: z.enum(['USER', 'PARTNER_CLIENT', 'SERVICE']), id: z.string() }),
    /** What was done: the name of the mutation or job. */
    action: z.string(),
    resource: z.object({ type: z.string(), id: z.string() }),
    before: z.json().nullable(),
    after: z.json().nullable(),
    requestId: z.string().nullable(),
    ip: z.string().nullable(),
    at: instant,
  }),
  (data) => `${data.resource.type}:${data.resource.id}`,
)
