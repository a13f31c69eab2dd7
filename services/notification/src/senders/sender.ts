/** A mail as it leaves us. */
export interface Mail {
  /** Stable over retries, so that a mailbox can recognise a repetition: the notification's id. */
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Hands mail to a provider. */
export interface MailSender {
  /** Resolves with the provider's own id once the provider has taken responsibility for the mail. */
  send(mail: Mail): Promise<string>
  /** Lets go of connections. */
  close(): void
}
