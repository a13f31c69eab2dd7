import { BadResponse, ChunkedBody, MORE, OpenBody, SizedBody, type BodyReader } from './response-body.ts'

/** An answer to a request. */
export interface Response {
  readonly status: number
  readonly body: Buffer
  /** How long the connection may lie idle until it is not to be used again, in milliseconds; 0 when it is over. */
  readonly reusableMilliseconds: number
}

/** The largest head of an answer, in bytes. */
const HEAD_BYTES_MAX = 16_384

/** How long a connection of which nothing was said may lie idle, in milliseconds. */
const IDLE_MILLISECONDS = 4_000

/** So much earlier than the other side says, a connection is not used any more: it may close it while a request is on its way. */
const MARGIN_MILLISECONDS = 1_000

/** No connection is used that has been idle for longer, whatever the other side says. */
const IDLE_MILLISECONDS_MAX = 600_000

const HEAD_END = Buffer.from('\r\n\r\n')
const STATUS = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |\r\n)/
const FIELD = /\r\n(content-length|transfer-encoding|connection|keep-alive):[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)/gi

/** Reads the answers of one connection, one after the other, from pieces of any size. */
export class ResponseReader {
  readonly #bytesMax: number
  /** What there is of a head that is not whole yet. */
  #begun: Buffer | undefined
  #head: Head | undefined
  #body: BodyReader | undefined

  /** Bodies have at most so many bytes. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /**
   * Takes the next bytes of an answer, which it does not keep; undefined when there is more to come. Fails with
   * `BadResponse` or `TooLarge`, and then nothing more can be read from the connection.
   */
  read(piece: Buffer): Response | undefined {
    let bytes = piece
    let at = 0
    while (!this.#body) {
      if (this.#begun) bytes = Buffer.concat([this.#begun, bytes])
      this.#begun = undefined
      const end = bytes.indexOf(HEAD_END, at)
      if (end === -1 ? bytes.length - at > HEAD_BYTES_MAX : end - at > HEAD_BYTES_MAX)
        throw new BadResponse('the head is too large')
      if (end === -1) {
        this.#begun = Buffer.from(bytes.subarray(at))
        return undefined
      }
      const head = readHead(bytes.toString('latin1', at, end + 2))
      at = end + HEAD_END.length
      // What is said before the answer is of no concern.
      if (head.status < 200) continue
      this.#head = head
      this.#body = bodyOf(head, this.#bytesMax)
    }
    const end = this.#body.take(bytes, at)
    if (end === MORE) return undefined
    // What nobody asked for is no answer to the next question.
    return this.#finish(end === bytes.length)
  }

  /** The connection ended; undefined when the answer did not. */
  end(): Response | undefined {
    return this.#body?.endsWithConnection ? this.#finish(false) : undefined
  }

  #finish(mayBeReused: boolean): Response | undefined {
    if (!this.#head || !this.#body) return undefined
    const { status, reusableMilliseconds } = this.#head
    const body = this.#body.whole()
    this.#head = undefined
    this.#body = undefined
    return { status, body, reusableMilliseconds: mayBeReused ? reusableMilliseconds : 0 }
  }
}

interface Head {
  readonly status: number
  /** Undefined when nothing is said about it. */
  readonly length: number | undefined
  readonly isChunked: boolean
  readonly reusableMilliseconds: number
}

function readHead(text: string): Head {
  const [, minor, status] = STATUS.exec(text) ?? []
  if (status === undefined || status === '101') throw new BadResponse('that is no answer of HTTP/1.1')
  let length: number | undefined
  let isChunked = false
  let reusableMilliseconds = minor === '1' ? IDLE_MILLISECONDS : 0
  FIELD.lastIndex = 0
  for (let field = FIELD.exec(text); field; field = FIELD.exec(text)) {
    const [, name = '', value = ''] = field
    switch (name.toLowerCase()) {
      case 'content-length':
        if (!/^\d{1,15}$/.test(value) || (length !== undefined && length !== Number(value))) {
          throw new BadResponse('it is not clear how long the answer is')
        }
        length = Number(value)
        break
      case 'transfer-encoding':
        if (isChunked || value.toLowerCase() !== 'chunked') throw new BadResponse(`an unknown encoding: ${value}`)
        isChunked = true
        break
      case 'connection':
        if (/\bclose\b/i.test(value)) reusableMilliseconds = 0
        break
      default:
        if (reusableMilliseconds > 0) reusableMilliseconds = idleMilliseconds(value)
    }
  }
  if (isChunked && length !== undefined) throw new BadResponse('it is not clear how long the answer is')
  return { status: Number(status), length, isChunked, reusableMilliseconds }
}

/** What `Keep-Alive: timeout=5` says. */
function idleMilliseconds(value: string): number {
  const seconds = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(value)?.[1]
  if (seconds === undefined) return IDLE_MILLISECONDS
  return Math.max(0, Math.min(Number(seconds) * 1000 - MARGIN_MILLISECONDS, IDLE_MILLISECONDS_MAX))
}

function bodyOf({ status, length, isChunked }: Head, bytesMax: number): BodyReader {
  if (status === 204 || status === 304) return new SizedBody(0, bytesMax)
  if (isChunked) return new ChunkedBody(bytesMax)
  return length === undefined ? new OpenBody(bytesMax) : new SizedBody(length, bytesMax)
}
