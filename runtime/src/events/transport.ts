import type { Envelope } from './envelope.ts'

/** Who consumes which event types. */
export interface Route {
  readonly consumer: string
  readonly types: readonly string[]
}

/**
 * One way out of a publisher. The relay keeps a cursor for each pipe and sends it the events of its types in order,
 * so that a pipe that is blocked delays nobody else and loses nothing: it goes on where it stopped.
 */
export interface Pipe {
  /** Stable: the cursor is kept under this name. */
  readonly name: string
  /** The event types it carries. */
  readonly types: readonly string[]
  /** How long it rests after a batch, so that what comes meanwhile is the next one, in milliseconds; not at all unless said. */
  readonly restMilliseconds?: number
  /** Sends a batch in order. What it resolved for is durable at the other end; it may be sent again after a crash. */
  publish(batch: readonly Envelope[]): Promise<void>
}

/** What is between the outbox of a publisher and the inbox of a consumer. Everything else is the same on every transport. */
export interface EventTransport {
  /** Prepares to carry events along the routes, and says in which pipes. Does not need the other ends to be up. */
  start(routes: readonly Route[]): Promise<readonly Pipe[]>
  /**
   * Hands everything that arrives for the consumer to `store`, and acknowledges it to the other end when that resolved.
   * Does nothing where the publisher itself writes the consumer's inbox.
   */
  feed(consumer: string, store: (batch: readonly Envelope[]) => Promise<void>): Promise<void>
  /** How many messages lie between for the consumer. Null where nothing is between, and when nobody can say. */
  between(consumer: string): Promise<number | null>
  /** Closes its connections. What is not acknowledged comes again. */
  stop(): Promise<void>
}
