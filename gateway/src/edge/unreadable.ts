import type { Duplex } from 'node:stream'
import { newId } from '@tikitu/runtime/ids'

const ANSWERS: Readonly<Record<string, { status: string; message: string }>> = {
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    message: 'The request line or its headers are too long.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', message: 'The request took too long to arrive.' },
}
const UNREADABLE = { status: '400 Bad Request', message: 'This is not HTTP that can be read.' }

/** Answers what never became a request, in the shape of every other error. */
export function answerClientError(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, message } = ANSWERS[error.code ?? ''] ?? UNREADABLE
  const requestId = newId()
  const body = JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT', requestId } }] })
  const head = [
    `HTTP/1.1 ${status}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
