import { startInbox } from './inbox.ts'
import { openMailbox } from './mailbox.ts'
import { startSmtp } from './smtp.ts'

/** What the mail server needs. */
export interface MailServerOptions {
  /** Where the messages lie. */
  dataDir: string
  /** Port of SMTP on 127.0.0.1; 0 takes a free one. */
  smtpPort: number
  /** Port of the inbox on 127.0.0.1; 0 takes a free one. */
  inboxPort: number
}

/** A running mail server. */
export interface MailServer {
  /** `smtp://127.0.0.1:<port>` */
  smtpUrl: string
  /** `http://127.0.0.1:<port>` */
  inboxUrl: string
  stop(): Promise<void>
}

/** Stands in for SES: real SMTP in front, an inbox for people and tests behind, and nothing leaves the machine. */
export async function startMailServer({ dataDir, smtpPort, inboxPort }: MailServerOptions): Promise<MailServer> {
  const mailbox = await openMailbox(dataDir)
  const smtp = await startSmtp({ mailbox, port: smtpPort })
  const inbox = await startInbox({ mailbox, port: inboxPort })
  return {
    smtpUrl: smtp.url,
    inboxUrl: inbox.origin,
    stop: async () => {
      await Promise.all([smtp.stop(), inbox.stop()])
    },
  }
}
