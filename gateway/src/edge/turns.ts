import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'

/** How many requests are begun in one round of the event loop. */
const REQUESTS_A_ROUND = 64

/**
 * While people come who were not here before: so many rounds in which nothing is begun, one for each of them, and then so many
 * requests. When rounds are long for another reason, so many milliseconds: who does nothing but come and go keeps nobody out.
 */
const ROUNDS_FOR_NEWCOMERS = 32
const MILLISECONDS_FOR_NEWCOMERS = 10
const REQUESTS_BETWEEN_NEWCOMERS = 8

/**
 * Requests that wait for their turn, at most: more are begun at once, as Node would. More than connections there are here, each of
 * which waits for its answer; but one connection may bring any number without waiting.
 */
const WAITING_MAX = 20_000

/** What requests that wait keep in memory at most, in bytes, as far as that can be told from their heads. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024

/** What Node reads of a body before anybody asks for it, at most, in bytes. */
const BODY_READ_MAX = 65_536

/**
 * A server that begins requests in the order in which they came, and only some in each round of the event loop. Node lets in
 * one new connection in a round, and does everything in it that those who are connected want: with 800 of them busy, half a
 * second went by for each who came, and 300 of them had no answer after eight seconds. With short rounds everybody has.
 * What somebody wanted who has left by then is not begun.
 */
export function serverInTurns(begin: RequestListener): Server {
  const waiting: Waiting[] = []
  let waitingBytes = 0
  let isScheduled = false
  let hasSomebodyCome = false
  let roundsForNewcomers = 0
  let begunAt = 0

  const begunNow = () => {
    if (!hasSomebodyCome) return REQUESTS_A_ROUND
    hasSomebodyCome = false
    roundsForNewcomers += 1
    const now = performance.now()
    if (roundsForNewcomers < ROUNDS_FOR_NEWCOMERS && now - begunAt < MILLISECONDS_FOR_NEWCOMERS) return 0
    roundsForNewcomers = 0
    begunAt = now
    return REQUESTS_BETWEEN_NEWCOMERS
  }

  const takeTurn = () => {
    const now = waiting.splice(0, begunNow())
    isScheduled = waiting.length > 0
    if (isScheduled) setImmediate(takeTurn)
    for (const { bytes } of now) waitingBytes -= bytes
    for (const { request, response } of now) {
      // Whoever left meanwhile has no address any more, reads no answer, and would count as one who was answered quickly.
      if (!request.socket.destroyed) begin(request, response)
    }
  }

  const server = createServer((request, response) => {
    const bytes = bytesOf(request)
    if (waiting.length >= WAITING_MAX || waitingBytes + bytes > WAITING_BYTES_MAX) return begin(request, response)
    waiting.push({ request, response, bytes })
    waitingBytes += bytes
    if (isScheduled) return
    isScheduled = true
    setImmediate(takeTurn)
  })
  return server.on('connection', () => (hasSomebodyCome = true))
}

interface Waiting {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly bytes: number
}

function bytesOf({ url = '', headers, rawHeaders }: IncomingMessage): number {
  let bytes = url.length
  for (const text of rawHeaders) bytes += text.length
  const length = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : BODY_READ_MAX
  return bytes + Math.min(length, BODY_READ_MAX)
}
