import type { Database } from '@tikitu/runtime/database'
import { job, type JobHandler } from '@tikitu/runtime/jobs'
import { accept } from '@tikitu/runtime/outcome'
import { transact } from '@tikitu/runtime/transact'
import { recipientById } from '../recipients/recipient.sql.ts'
import type { MailSender } from '../senders/sender.ts'
import { MAIL_ATTEMPTS_MAX, SendMail } from './notification.jobs.ts'
import { markAttemptFailed, markSent, notificationById } from './notification.sql.ts'
import { publishStatus } from './notifications.ts'

/**
 * Sends pending mail and writes down what came of it. A crash between the two sends it a second time, under the same
 * message id. A failure is tried again by the job queue; the last one makes the notification FAILED.
 */
export function mailing(database: Database, sender: MailSender): JobHandler {
  return job(SendMail, async ({ notificationId }, { attempt }) => {
    const notification = await notificationById(database.orm, notificationId)
    if (notification?.status !== 'PENDING') return
    const recipient = await recipientById(database.orm, notification.userId)
    try {
      if (!recipient) throw new Error('the recipient is not known')
      const { title, body, html } = notification
      const messageId = await sender.send({
        id: notificationId,
        to: recipient.email,
        subject: title,
        text: body,
        html: html ?? '',
      })
      await finish(database, (tx, at) => markSent(tx, notificationId, messageId, at))
    } catch (error) {
      await finish(database, (tx) =>
        markAttemptFailed(tx, notificationId, reasonOf(error), attempt >= MAIL_ATTEMPTS_MAX),
      )
      throw error
    }
  })
}

async function finish(
  database: Database,
  mark: (...args: Parameters<Parameters<typeof transact>[1]>) => ReturnType<typeof markSent>,
) {
  await transact(database, async (tx, at) => {
    const notification = await mark(tx, at)
    if (notification && notification.status !== 'PENDING') await publishStatus(tx, notification, at)
    return accept()
  })
}

/** Enough to see what is wrong; mail servers sometimes repeat whole messages. */
function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500)
}
