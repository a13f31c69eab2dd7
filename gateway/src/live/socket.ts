import type { WebSocket } from '@fastify/websocket'
import { CloseCode, type WebSocket as ProtocolSocket } from 'graphql-ws'

/** What a client may leave unread until it is cut off, in bytes. */
const UNREAD_BYTES_MAX = 262_144

/** How a socket is kept. */
export interface SocketOptions {
  /** The client is asked so often whether it is there, and has as long to say so, in milliseconds. */
  readonly keepAliveMilliseconds: number
  /** What went wrong inside, which no client is told. */
  readonly onFailure: (error: unknown) => void
}

/**
 * A socket as `graphql-ws` wants it. What is sent counts as sent when it has left the process, so whoever sends waits for a
 * slow client; one that does not read at all also misses the next ping, and is cut off.
 */
export function protocolSocket(socket: WebSocket, { keepAliveMilliseconds, onFailure }: SocketOptions): ProtocolSocket {
  let isThere = true
  const ping = setInterval(() => {
    if (!isThere) return socket.terminate()
    isThere = false
    socket.ping()
  }, keepAliveMilliseconds)
  socket.on('pong', () => (isThere = true))
  socket.on('ping', cutOffUnread)
  socket.once('close', () => clearInterval(ping))

  /** Answers to pings and to nonsense are not waited for. */
  function cutOffUnread(): boolean {
    const isUnread = socket.bufferedAmount > UNREAD_BYTES_MAX
    if (isUnread) socket.terminate()
    return isUnread
  }

  return {
    protocol: socket.protocol,
    close: (code, reason) => socket.close(code, reason),
    send: (text) =>
      new Promise((resolve, reject) => {
        if (socket.readyState !== socket.OPEN) return resolve()
        socket.send(text, (error) => (error && socket.readyState === socket.OPEN ? reject(error) : resolve()))
      }),
    onMessage: (handle) =>
      socket.on('message', (data: Buffer, isBinary: boolean) => {
        if (cutOffUnread()) return
        if (isBinary) return socket.close(CloseCode.BadRequest, 'Send text')
        handle(data.toString('utf8')).catch((error: unknown) => {
          // The library has no code for a message that only we send.
          if (error instanceof Error && error.message.startsWith('Unexpected message of type')) {
            return socket.close(CloseCode.BadRequest, 'Invalid message received')
          }
          onFailure(error)
          socket.close(CloseCode.InternalServerError, 'Something went wrong on our side')
        })
      }),
  }
}
