import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { ResponseReader, type Response } from './response.ts'

/** A request, as its connection sees it. */
export interface Carried {
  /** Head and body, as they are sent. */
  readonly text: string
  /** The whole answer. The bytes are its own. */
  answered(response: Response): void
  /** The connection ended before the answer did, or the answer is none. */
  broke(cause: Error): void
}

/** Where connections lead to, and how they are read. */
export interface Target {
  readonly origin: URL
  /** How long it may take to connect, in milliseconds. */
  readonly connectMilliseconds: number
  /** The largest body of an answer, in bytes. */
  readonly answerBytesMax: number
  /** What all connections read into: each takes out what is its own before another reads. */
  readonly scratch: Buffer
}

/** Who keeps a connection is told of it. */
export interface Keeper {
  /** It can carry a request. */
  ready(connection: Connection): void
  /** It can carry none any more. `cause` is why it could not be made, if it never was. */
  gone(connection: Connection, cause: Error | undefined): void
}

/** A connection of HTTP/1.1 that carries one request at a time. */
export class Connection {
  readonly #socket: Socket
  readonly #keeper: Keeper
  readonly #reader: ResponseReader
  readonly #connectTimer: NodeJS.Timeout
  #isOpen = false
  #isGone = false
  #cause: Error | undefined
  #carried: Carried | undefined
  /** Until when it may be used, on the clock of `performance.now()`. */
  #usableUntil = Infinity

  constructor(target: Target, keeper: Keeper) {
    this.#keeper = keeper
    this.#reader = new ResponseReader(target.answerBytesMax)
    this.#socket = connectTo(target, (bytes) => this.#read(bytes))
    this.#connectTimer = setTimeout(() => this.destroy(new Error('no connection in time')), target.connectMilliseconds)
    this.#socket.once(target.origin.protocol === 'https:' ? 'secureConnect' : 'connect', () => this.#opened())
    this.#socket.once('error', (error) => (this.#cause ??= error))
    this.#socket.once('end', () => this.#ended())
    this.#socket.once('close', () => this.#closed())
  }

  /** Whether the other side does not want it closed before a request would arrive. */
  isUsable(now: number): boolean {
    // A socket that has broken is destroyed before it says so.
    return !this.#isGone && !this.#socket.destroyed && now < this.#usableUntil
  }

  /** Carries a request. It must be open, and carry none. */
  carry(request: Carried): void {
    this.#carried = request
    this.#socket.write(request.text)
  }

  /** Ends it at once. What it carries breaks. */
  destroy(cause?: Error): void {
    this.#cause ??= cause
    this.#socket.destroy()
    this.#closed()
  }

  #opened(): void {
    if (this.#isGone) return
    clearTimeout(this.#connectTimer)
    this.#isOpen = true
    this.#keeper.ready(this)
  }

  #read(bytes: Buffer): void {
    if (this.#isGone) return
    if (!this.#carried) return this.destroy(new Error('an answer that nobody asked for'))
    try {
      const response = this.#reader.read(bytes)
      if (response) this.#finish(response)
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #finish(response: Response): void {
    const carried = this.#carried
    this.#carried = undefined
    this.#usableUntil = performance.now() + response.reusableMilliseconds
    // Who answers before having heard everything does not go on as if nothing were.
    if (response.reusableMilliseconds === 0 || this.#socket.writableLength > 0) this.destroy()
    else this.#keeper.ready(this)
    carried?.answered(response)
  }

  #ended(): void {
    const response = this.#carried && this.#reader.end()
    if (response) this.#finish(response)
    else this.destroy(new Error('the other side closed the connection'))
  }

  #closed(): void {
    if (this.#isGone) return
    this.#isGone = true
    clearTimeout(this.#connectTimer)
    const cause = this.#cause ?? new Error('the connection was closed')
    const carried = this.#carried
    this.#carried = undefined
    this.#keeper.gone(this, this.#isOpen ? undefined : cause)
    carried?.broke(cause)
  }
}

function connectTo({ origin, scratch }: Target, read: (bytes: Buffer) => void): Socket {
  const { hostname, port, protocol } = origin
  const isSecure = protocol === 'https:'
  const host = hostname.replace(/^\[|\]$/g, '')
  const options = {
    host,
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    noDelay: true,
    keepAlive: true,
    onread: {
      buffer: scratch,
      callback: (length: number) => {
        read(scratch.subarray(0, length))
        return true
      },
    },
  }
  return isSecure ? connectSecure({ ...options, servername: host, ALPNProtocols: ['http/1.1'] }) : connectPlain(options)
}
