import nodemailer from 'nodemailer'
import type { NotificationConfig } from '../config.ts'
import type { MailSender } from './sender.ts'

/** How long the mail server may take for each step of the conversation, in milliseconds. */
const SMTP_MILLISECONDS = 10_000

/** Sends mail over SMTP, over a few connections that are kept open. */
export function smtpSender({ smtpUrl, mailFrom }: Pick<NotificationConfig, 'smtpUrl' | 'mailFrom'>): MailSender {
  const transport = nodemailer.createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: 4,
    connectionTimeout: SMTP_MILLISECONDS,
    greetingTimeout: SMTP_MILLISECONDS,
    socketTimeout: SMTP_MILLISECONDS,
    // Templates are text of ours; nothing in a mail may make this process read a file or an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = /@([^>]+)>$/.exec(mailFrom)?.[1] ?? 'localhost'
  return {
    async send({ id, to, subject, text, html }) {
      const messageId = `<${id}@${domain}>`
      await transport.sendMail({ from: mailFrom, to: { name: '', address: to }, subject, text, html, messageId })
      return messageId
    },
    close: () => transport.close(),
  }
}
