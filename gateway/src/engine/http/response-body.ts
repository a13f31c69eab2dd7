/** What the bytes of a body are read by. */
export interface BodyReader {
  /** Takes bytes from `at`, and answers where the body ended in them, or `MORE`. Fails with `BadResponse` or `TooLarge`. */
  take(bytes: Buffer, at: number): number
  /** The connection ended. Whether the body ended with it. */
  readonly endsWithConnection: boolean
  /** The body, once it has ended. The bytes are its own. */
  whole(): Buffer
}

/** The body goes on beyond these bytes. */
export const MORE = -1

/** What came is no HTTP that can be understood. */
export class BadResponse extends Error {}

/** The answer is larger than is taken. */
export class TooLarge extends Error {}

/** A body of so many bytes. */
export class SizedBody implements BodyReader {
  readonly endsWithConnection = false
  readonly #body: Buffer
  #length = 0

  constructor(length: number, bytesMax: number) {
    if (length > bytesMax) throw new TooLarge()
    this.#body = Buffer.allocUnsafe(length)
  }

  take(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#body.length - this.#length)
    bytes.copy(this.#body, this.#length, at, end)
    this.#length += end - at
    return this.#length === this.#body.length ? end : MORE
  }

  whole(): Buffer {
    return this.#body
  }
}

/** A body that lasts until the connection ends. */
export class OpenBody implements BodyReader {
  readonly endsWithConnection = true
  readonly #parts: Parts

  constructor(bytesMax: number) {
    this.#parts = new Parts(bytesMax)
  }

  take(bytes: Buffer, at: number): number {
    this.#parts.add(bytes, at, bytes.length)
    return MORE
  }

  whole(): Buffer {
    return this.#parts.joined()
  }
}

const LF = 0x0a

/** A line that says how long a chunk is; what follows the number is of no concern. */
const SIZE = /^([\da-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n$/i

/** Lines of a chunked body are short: sizes, and headers that come late. */
const LINE_BYTES_MAX = 4_096

/** A body in chunks, each after its size. */
export class ChunkedBody implements BodyReader {
  readonly endsWithConnection = false
  readonly #parts: Parts
  #expected: 'size' | 'data' | 'end of data' | 'trailer' = 'size'
  /** Of a chunk, what has not come yet. */
  #missing = 0
  #line = ''

  constructor(bytesMax: number) {
    this.#parts = new Parts(bytesMax)
  }

  take(bytes: Buffer, begin: number): number {
    let at = begin
    while (at < bytes.length) {
      if (this.#expected === 'data') {
        const end = Math.min(bytes.length, at + this.#missing)
        this.#parts.add(bytes, at, end)
        this.#missing -= end - at
        at = end
        if (this.#missing === 0) this.#expected = 'end of data'
        continue
      }
      const end = bytes.indexOf(LF, at)
      this.#line += bytes.toString('latin1', at, end === -1 ? bytes.length : end + 1)
      if (this.#line.length > LINE_BYTES_MAX) throw new BadResponse('a line of a chunked body is too long')
      if (end === -1) return MORE
      at = end + 1
      const line = this.#line
      this.#line = ''
      if (this.#isLast(line)) return at
    }
    return MORE
  }

  /** Takes a whole line. Whether the body ends with it. */
  #isLast(line: string): boolean {
    if (this.#expected === 'trailer') return line === '\r\n'
    if (this.#expected === 'end of data') {
      if (line !== '\r\n') throw new BadResponse('a chunk is longer than it said')
      this.#expected = 'size'
      return false
    }
    const size = SIZE.exec(line)?.[1]
    if (size === undefined) throw new BadResponse('a chunk does not say how long it is')
    this.#missing = Number.parseInt(size, 16)
    this.#expected = this.#missing === 0 ? 'trailer' : 'data'
    return false
  }

  whole(): Buffer {
    return this.#parts.joined()
  }
}

/** Copies of what came: the buffer that a connection reads into is used again. */
class Parts {
  readonly #bytesMax: number
  readonly #parts: Buffer[] = []
  #length = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  add(bytes: Buffer, begin: number, end: number): void {
    this.#length += end - begin
    if (this.#length > this.#bytesMax) throw new TooLarge()
    this.#parts.push(Buffer.from(bytes.subarray(begin, end)))
  }

  joined(): Buffer {
    const [first, second] = this.#parts
    return first && !second ? first : Buffer.concat(this.#parts, this.#length)
  }
}
