import { connect } from 'node:net'
import type { Attempt } from './attempts.ts'

/** What came back. */
export interface Answer {
  /** Everything, as it came over the connection. */
  readonly text: string
  /** The gateway ended the connection; otherwise we gave up waiting. */
  readonly ended: boolean
}

/** How long we wait until the gateway has answered and hung up, in milliseconds. */
const WAIT_MILLISECONDS = 30_000

/** Sends bytes over a connection of their own, and reads until the gateway hangs up. */
export function send(port: number, { chunks, hangsUp }: Attempt): Promise<Answer> {
  return new Promise((resolve) => {
    const received: Buffer[] = []
    const socket = connect(port, '127.0.0.1')
    const finish = (ended: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text: Buffer.concat(received).toString('latin1'), ended })
    }
    const timer = setTimeout(() => finish(false), WAIT_MILLISECONDS)
    socket.on('data', (chunk: Buffer) => received.push(chunk))
    socket.once('close', () => finish(true))
    // A connection that the gateway cuts while we send is its answer.
    socket.once('error', () => finish(true))
    for (const chunk of chunks) socket.write(chunk)
    if (hangsUp) socket.end()
  })
}
