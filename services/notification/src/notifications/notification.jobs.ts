import { defineJob } from '@tikitu/runtime/jobs'
import { z } from 'zod'

/** How often a mail is tried before it is given up: over about an hour, with growing pauses. */
export const MAIL_ATTEMPTS_MAX = 8

/** Sends the mail of one notification. */
export const SendMail = defineJob('mail.send', z.object({ notificationId: z.uuid() }), {
  retryLimit: MAIL_ATTEMPTS_MAX - 1,
  retryDelay: 15,
  retryBackoff: true,
})
