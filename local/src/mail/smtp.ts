import type { AddressInfo, Server } from 'node:net'
import { callbackify } from 'node:util'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import { PortTaken } from '../ports.ts'
import type { Mailbox } from './mailbox.ts'

/** The largest message taken, in bytes; SES takes 40 MB, a ticket mail has a few hundred kB. */
export const MESSAGE_BYTES_MAX = 10 * 1024 * 1024

/** Takes every message for everybody on 127.0.0.1, delivers none, and keeps all in the mailbox. Throws `PortTaken`. */
export async function startSmtp({ mailbox, port }: { mailbox: Mailbox; port: number }) {
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: MESSAGE_BYTES_MAX,
    onData: callbackify((stream: SMTPServerDataStream, session: SMTPServerSession) =>
      receive(stream, session, mailbox),
    ),
  })
  const listener = await listen(server, port)
  // A client that hangs up in the middle is its own business.
  server.on('error', (error) => console.error(error.message))
  return {
    url: `smtp://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    stop: () =>
      new Promise<void>((stopped) => {
        server.close(() => stopped())
      }),
  }
}

function listen(server: SMTPServer, port: number): Promise<Server> {
  return new Promise((listening, reject) => {
    const refused = (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new PortTaken(port, 'SMTP') : error)
    }
    server.once('error', refused)
    const listener = server.listen(port, '127.0.0.1', () => {
      server.off('error', refused)
      listening(listener)
    })
  })
}

async function receive(stream: SMTPServerDataStream, { envelope }: SMTPServerSession, mailbox: Mailbox): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    // Beyond the limit the rest is read, because the client listens only when it has sent all, but not kept.
    if (!stream.sizeExceeded) chunks.push(chunk)
  }
  if (stream.sizeExceeded) {
    throw Object.assign(new Error('The message is too large.'), { responseCode: 552 })
  }
  await mailbox.save(Buffer.concat(chunks), {
    from: envelope.mailFrom ? envelope.mailFrom.address : '',
    to: envelope.rcptTo.map(({ address }) => address),
  })
}
