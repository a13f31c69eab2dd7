import type { Database } from '@tikitu/runtime/database'
import { postgresTransport, type Envelope, type EventTransport } from '@tikitu/runtime/events'
import { createLog } from '@tikitu/runtime/log'
import type { ServiceName } from '@tikitu/schema/services'

/** An event on its way to one consumer. */
export interface Parcel {
  readonly consumer: string
  readonly event: Envelope
}

/**
 * What becomes of a parcel. `lose`: it does not arrive, and its publisher hears so. `forget to say so`: it arrives, and
 * its publisher hears that it did not. `keep`: its publisher hears that it is safe, and it arrives when it is let go.
 */
export type Fate = 'deliver' | 'deliver twice' | 'lose' | 'forget to say so' | 'keep'

/** Decides about parcels; undefined: not mine to decide. */
export type Decide = (parcel: Parcel) => Fate | undefined

/** The network broke before, or after, a parcel arrived; its publisher cannot know which. */
class Lost extends Error {
  override readonly name = 'Lost'
}

/**
 * What is between the outboxes and the inboxes of a test's services: real relays publish to it, and what it delivers it
 * delivers as in production, by the role that may only insert. In between, it does what networks and brokers do.
 */
export class Network {
  /** Every parcel that arrived, in order, as often as it did. */
  readonly arrived: Parcel[] = []
  readonly #carrier: EventTransport
  readonly #deliveries = new Map<string, (batch: readonly Envelope[]) => Promise<void>>()
  readonly #consumers: readonly string[]
  #kept: Parcel[] = []
  #decisions: Decide[] = []
  #isDown = false

  constructor(relayUrls: Partial<Record<ServiceName, string>>, anyDatabase: Database) {
    this.#consumers = Object.keys(relayUrls)
    const log = createLog('admin', 'silent')
    // It publishes for everybody, in the name of a service that does not take part.
    this.#carrier = postgresTransport({ publisher: 'admin', relayUrls, database: anyDatabase, log })
  }

  /** Connects to the inboxes. */
  async open(): Promise<void> {
    const pipes = await this.#carrier.start(this.#consumers.map((consumer) => ({ consumer, types: [] })))
    for (const { name, publish } of pipes) this.#deliveries.set(name, publish)
  }

  /** What a service's relay publishes to. */
  transport(): EventTransport {
    return {
      start: async (routes) =>
        routes
          .filter(({ consumer }) => this.#consumers.includes(consumer))
          .map(({ consumer, types }) => ({
            name: consumer,
            types,
            publish: (batch) => this.#carry(batch.map((event) => ({ consumer, event }))),
          })),
      feed: async () => {},
      between: async () => null,
      stop: async () => {},
    }
  }

  /** Adds somebody who decides, before those who do already. Returns how to dismiss them. */
  decide(decision: Decide): () => void {
    this.#decisions = [decision, ...this.#decisions]
    return () => {
      this.#decisions = this.#decisions.filter((other) => other !== decision)
    }
  }

  /** Decides about the next parcel of this type, and about no other. */
  next(type: string, fate: Fate): void {
    const dismiss = this.decide(({ event }) => {
      if (event.type !== type) return undefined
      dismiss()
      return fate
    })
  }

  /** Keeps parcels of these types until they are let go. */
  keep(...types: readonly string[]): void {
    const dismiss = this.decide(({ event }) => (types.includes(event.type) ? 'keep' : undefined))
    this.#letGoes.push(dismiss)
  }
  readonly #letGoes: (() => void)[] = []

  /** The types of what is kept, in order. */
  get kept(): readonly string[] {
    return this.#kept.map(({ event }) => event.type)
  }

  /** Delivers what is kept, in the order in which the test wants it, and keeps nothing from now on. */
  async letGo(order: (parcels: readonly Parcel[]) => readonly Parcel[] = (parcels) => parcels): Promise<void> {
    for (const dismiss of this.#letGoes.splice(0)) dismiss()
    const parcels = order(this.#kept)
    this.#kept = []
    for (const parcel of parcels) await this.#deliver([parcel])
  }

  /** Delivers a parcel that no relay sent: as somebody would who got into the network, or a relay of tomorrow. */
  slip(consumer: string, event: Envelope): Promise<void> {
    return this.#deliver([{ consumer, event }])
  }

  /** Delivers once more, in order, everything that ever arrived. */
  async repeatEverything(): Promise<void> {
    for (const parcel of this.arrived.slice()) await this.#deliver([parcel])
  }

  /** Nothing gets through; publishers hear so. */
  down(): void {
    this.#isDown = true
  }

  /** Everything gets through again. */
  up(): void {
    this.#isDown = false
  }

  /** Nobody decides any more, and what is kept arrives. */
  async calm(): Promise<void> {
    this.#isDown = false
    this.#decisions = []
    await this.letGo()
  }

  /** Lets go of its connections. */
  close(): Promise<void> {
    return this.#carrier.stop()
  }

  async #carry(parcels: readonly Parcel[]): Promise<void> {
    if (this.#isDown) throw new Lost('the network is down')
    for (const parcel of parcels) {
      switch (this.#fateOf(parcel)) {
        case 'deliver':
          await this.#deliver([parcel])
          break
        case 'deliver twice':
          await this.#deliver([parcel])
          await this.#deliver([parcel])
          break
        case 'keep':
          this.#kept.push(parcel)
          break
        case 'forget to say so':
          await this.#deliver([parcel])
          throw new Lost('nobody knows whether it arrived')
        case 'lose':
          throw new Lost('it did not arrive')
      }
    }
  }

  #fateOf(parcel: Parcel): Fate {
    for (const decision of this.#decisions) {
      const fate = decision(parcel)
      if (fate !== undefined) return fate
    }
    return 'deliver'
  }

  async #deliver(parcels: readonly Parcel[]): Promise<void> {
    for (const parcel of parcels) {
      await this.#deliveries.get(parcel.consumer)?.([parcel.event])
      this.arrived.push(parcel)
    }
  }
}
