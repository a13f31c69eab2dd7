import { on, type Subscription } from '@tikitu/runtime/events'
import { AuditRecorded } from '@tikitu/schema/events/admin'
import { recordEvent } from './audit-log.ts'

/** Every use of a privilege, in every service, is written down here. */
export const auditSubscriptions: readonly Subscription[] = [on(AuditRecorded, recordEvent)]
