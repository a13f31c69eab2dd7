import { z } from 'zod'
import { defineEvent } from './define.ts'
import { id, instant } from './shapes.ts'

/** A notification moved on: sent, delivered, read, failed or suppressed. */
export const NotificationStatusChanged = defineEvent(
  'notification.status_changed',
  z.object({
    notificationId: id,
    userId: id,
    channel: z.enum(['EMAIL', 'SMS', 'PUSH', 'IN_APP']),
    status: z.enum(['PENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED', 'SUPPRESSED']),
    at: instant,
  }),
  (data) => data.notificationId,
)
