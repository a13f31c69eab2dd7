import { Connection, type Carried, type Keeper, type Target } from './connection.ts'

/** A request that is to be sent. */
export interface Outgoing extends Carried {
  /** Whether it may be sent where it could get lost: to a connection that the other side may be closing. */
  readonly mayBeLost: boolean
  /**
   * Its turn has come. False takes it back; after true it may have arrived, and to give it up the connection is to be
   * destroyed.
   */
  taken(connection: Connection): boolean
  /** There is no connection, so it was not sent. */
  unsent(cause: Error): void
}

/** How connections are made. */
export interface ConnectionsOptions extends Omit<Target, 'scratch'> {
  /** Connections at most; further requests wait. */
  readonly max: number
}

/** What a connection reads at once, at most, in bytes. */
const SCRATCH_BYTES = 65_536

/**
 * Keeps connections to one origin, and gives each request one of its own for as long as it takes. Far less than what
 * undici can do, at a fraction of its price for small requests, of which the gateway makes several for each of its own.
 */
export class Connections implements Keeper {
  readonly #max: number
  readonly #target: Target
  readonly #all = new Set<Connection>()
  /** Those that are not open yet. */
  readonly #opening = new Set<Connection>()
  /** Those that carry nothing: the one that was used last is used first. */
  readonly #idle: Connection[] = []
  /** Requests without a connection, in the order in which they came. */
  readonly #waiting = new Set<Outgoing>()
  /** Requests of this turn of the event loop. */
  #gathered: Outgoing[] = []
  #isClosed = false

  constructor({ max, ...target }: ConnectionsOptions) {
    this.#max = max
    this.#target = { ...target, scratch: Buffer.allocUnsafeSlow(SCRATCH_BYTES) }
  }

  /**
   * Sends a request as soon as there is a connection, after the event loop has read what else has come: requests that are sent
   * one behind the other are found together at the other end, which would be woken for each of them otherwise.
   */
  send(request: Outgoing): void {
    if (request.mayBeLost) {
      if (this.#gathered.push(request) === 1) setImmediate(() => this.#sendGathered())
      return
    }
    // What has happened to sockets until now is known when the event loop has looked at them once more, between the two.
    setImmediate(() => setImmediate(() => this.#sendNow(request)))
  }

  /** Takes back a request that waits. */
  forget(request: Outgoing): void {
    this.#waiting.delete(request)
  }

  /** Ends all connections, with what they carry. */
  close(): void {
    this.#isClosed = true
    for (const connection of this.#all) connection.destroy()
    this.#failWaiting(new Error('the connections were closed'))
  }

  ready(connection: Connection): void {
    this.#opening.delete(connection)
    for (const request of this.#waiting) {
      this.#waiting.delete(request)
      if (request.taken(connection)) return connection.carry(request)
    }
    this.#idle.push(connection)
  }

  gone(connection: Connection, cause: Error | undefined): void {
    this.#all.delete(connection)
    const wasRefused = this.#opening.delete(connection) && cause !== undefined
    const place = this.#idle.indexOf(connection)
    if (place !== -1) this.#idle.splice(place, 1)
    // While some are open, or as many are being opened, whoever waits has hope.
    if (cause && this.#all.size === this.#opening.size) this.#failWaiting(cause, this.#opening.size)
    // The next would be refused as well: whoever waits gets one of those that are open.
    else if (!this.#isClosed && !wasRefused) this.#openMore()
  }

  #sendGathered(): void {
    const requests = this.#gathered
    this.#gathered = []
    for (const request of requests) this.#sendNow(request)
  }

  #sendNow(request: Outgoing): void {
    if (this.#isClosed) return request.unsent(new Error('the connections were closed'))
    const connection = this.#takeIdle()
    if (!connection) {
      this.#waiting.add(request)
      return this.#openMore()
    }
    if (request.taken(connection)) connection.carry(request)
    else this.#idle.push(connection)
  }

  #takeIdle(): Connection | undefined {
    const now = performance.now()
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      if (connection.isUsable(now)) return connection
      connection.destroy()
    }
    return undefined
  }

  /** As many as there are requests that wait. */
  #openMore(): void {
    while (this.#opening.size < this.#waiting.size && this.#all.size < this.#max) {
      const connection = new Connection(this.#target, this)
      this.#all.add(connection)
      this.#opening.add(connection)
    }
  }

  /** Fails those that have waited longest, until so many are left. */
  #failWaiting(cause: Error, left = 0): void {
    for (const request of this.#waiting) {
      if (this.#waiting.size <= left) return
      this.#waiting.delete(request)
      request.unsent(cause)
    }
  }
}
