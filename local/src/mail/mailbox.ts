import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import PostalMime, { type Email } from 'postal-mime'

/** The oldest message goes when one more than this many has come. */
const MESSAGES_MAX = 500

/** Who sent a message to whom, as told to the server; the message itself may claim otherwise. */
export interface Envelope {
  from: string
  to: readonly string[]
}

/** A message without its contents. */
export interface MessageSummary {
  /** Sorts by arrival. */
  id: string
  /** ISO 8601, UTC. */
  receivedAt: string
  from: string
  /** Everybody it was delivered to, blind copies included. */
  to: string[]
  subject: string
}

/** A message that came in. */
export interface Message extends MessageSummary {
  /** The plain text part, empty if there is none. */
  text: string
  /** The HTML part, empty if there is none. */
  html: string
  attachments: Attachment[]
}

/** A file of a message, or a picture that its HTML shows. */
export interface Attachment {
  filename: string
  contentType: string
  /** What the HTML calls it after `cid:`, empty if it does not. */
  contentId: string
  content: Uint8Array
}

/** Messages on disk, one `.eml` file each, readable by any mail program. */
export interface Mailbox {
  /** Keeps a message; it is on disk when this resolves. */
  save(message: Buffer, envelope: Envelope): Promise<void>
  /** Newest first; with `to`, only those delivered to that address. */
  list(filter?: { to?: string | undefined }): MessageSummary[]
  read(id: string): Promise<Message | undefined>
  clear(): void
}

/** Opens the mailbox in a directory, made if missing. */
export async function openMailbox(directory: string, messagesMax = MESSAGES_MAX): Promise<Mailbox> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const pathOf = (id: string) => join(directory, `${id}.eml`)
  const kept = readdirSync(directory)
    .filter((name) => name.endsWith('.eml'))
    .map((name) => name.slice(0, -'.eml'.length))
    .toSorted()
  const summaries = new Map<string, MessageSummary>()
  for (const id of kept) summaries.set(id, summaryOf(await parse(id, await readFile(pathOf(id)))))

  const forgetOldest = () => {
    for (const id of [...summaries.keys()].slice(0, -messagesMax)) {
      summaries.delete(id)
      rmSync(pathOf(id), { force: true })
    }
  }
  return {
    async save(message, { from, to }) {
      const id = `${new Date().toISOString().replaceAll(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`
      // The trace headers that a mail server writes at delivery: the only place where a blind copy is named.
      const trace = [`Return-Path: <${from}>`, ...to.map((address) => `Delivered-To: ${address}`)].join('\r\n')
      const stored = Buffer.concat([Buffer.from(`${trace}\r\n`), message])
      const summary = summaryOf(await parse(id, stored))
      await writeFile(`${pathOf(id)}.part`, stored, { mode: 0o600 })
      await rename(`${pathOf(id)}.part`, pathOf(id))
      summaries.set(id, summary)
      forgetOldest()
    },

    list({ to } = {}) {
      const wanted = to?.toLowerCase()
      return [...summaries.values()]
        .filter((summary) => wanted === undefined || summary.to.some((address) => address.toLowerCase() === wanted))
        .toReversed()
    },

    async read(id) {
      // Only what is in the list is read, so an id from outside cannot name another file.
      return summaries.has(id) ? parse(id, await readFile(pathOf(id))) : undefined
    },

    clear() {
      for (const id of summaries.keys()) rmSync(pathOf(id), { force: true })
      summaries.clear()
    },
  }
}

async function parse(id: string, stored: Buffer): Promise<Message> {
  const email = await PostalMime.parse(stored)
  return {
    id,
    receivedAt: id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z.*$/, '$1-$2-$3T$4:$5:$6.$7Z'),
    from: email.from?.address ?? headers(email, 'return-path')[0]?.replaceAll(/[<>]/g, '') ?? '',
    to: headers(email, 'delivered-to'),
    subject: email.subject ?? '',
    text: email.text ?? '',
    html: email.html ?? '',
    attachments: email.attachments.map(({ filename, mimeType, contentId, content }) => ({
      filename: filename ?? '',
      contentType: mimeType,
      contentId: (contentId ?? '').replaceAll(/[<>]/g, ''),
      content: typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content),
    })),
  }
}

function summaryOf({ id, receivedAt, from, to, subject }: Message): MessageSummary {
  return { id, receivedAt, from, to, subject }
}

function headers(email: Email, key: string): string[] {
  return email.headers.filter((header) => header.key === key).map((header) => header.value)
}
