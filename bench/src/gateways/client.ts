import { connect } from 'node:net'

/** An answer as it came; its body is overwritten by what comes next, on whichever connection. */
export interface Answer {
  readonly status: number
  readonly body: Buffer
}

/** A connection that carries one request after the other. */
export interface Client {
  /** False when the other side has closed it, which it may do to one that is idle: then another is opened. */
  readonly isOpen: boolean
  /** Sends a whole request, head and body. Only one may be under way. */
  send(request: Buffer, answered: (answer: Answer) => void): void
  close(): void
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n')

/** Where all connections read into: a buffer of its own for each of thousands of small answers a second costs more than they do. */
const READ = Buffer.allocUnsafeSlow(65_536)

/**
 * Opens a connection to 127.0.0.1. It knows as much of HTTP/1.1 as gateways speak, and no more: a full client would
 * use as much of the machine as the gateways that it measures.
 */
export function openClient(port: number, failed: (error: Error) => void): Client {
  let waiting: ((answer: Answer) => void) | undefined
  let received: Buffer | undefined
  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: () => READ,
      callback: (size) => {
        const chunk = READ.subarray(0, size)
        const sofar = received ? Buffer.concat([received, chunk]) : chunk
        const answer = readAnswer(sofar)
        if (!answer) {
          received = received ? sofar : Buffer.from(chunk)
          return true
        }
        const answered = waiting
        received = undefined
        waiting = undefined
        answered?.(answer)
        return true
      },
    },
  })
  socket.on('error', failed)
  socket.on('close', () => {
    if (waiting) failed(new Error('The connection was closed before the answer.'))
  })
  return {
    get isOpen() {
      return !socket.destroyed
    },
    send: (request, answered) => {
      waiting = answered
      socket.write(request)
    },
    close: () => {
      waiting = undefined
      socket.destroy()
    },
  }
}

/** The answer, once all of it is there. */
function readAnswer(received: Buffer): Answer | undefined {
  const headEnd = received.indexOf(HEAD_END)
  if (headEnd === -1) return undefined
  const head = received.toString('latin1', 0, headEnd)
  const status = Number(head.slice(9, 12))
  const rest = received.subarray(headEnd + HEAD_END.length)
  const length = /content-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) return rest.length >= Number(length) ? { status, body: rest } : undefined
  // No JSON has a line break of this kind in it, so this is the end and not a part of the body.
  return rest.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK) ? { status, body: joinChunks(rest) } : undefined
}

function joinChunks(rest: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; ;) {
    const lineEnd = rest.indexOf('\r\n', at)
    const size = Number.parseInt(rest.toString('latin1', at, lineEnd), 16)
    if (!size) return Buffer.concat(chunks)
    chunks.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}
