/*
 * Events between services. A fact is committed with its row in the publisher's outbox or not at all, and its effects
 * with its row in the consumer's inbox or not at all; what is between them repeats until it succeeds.
 *
 *   emit ─▶ outbox ─▶ relay ─▶ transport ─▶ inbox ─▶ on(Event, handler)
 *
 * Promised: every committed event reaches every consumer, once with success, and events of one key and one publisher
 * in the order in which they happened. Not promised: any order between keys or between publishers, and any time.
 * An event that fails is tried again after a pause; events of its key wait behind it, other keys do not. After the last
 * attempt it is dead, until somebody redrives or skips it.
 */
export { emit } from './emit.ts'
export { on, onMany, type Subscription } from './on.ts'
export { startEvents, type Events, type EventsOptions } from './start.ts'
export { OUTBOX_KEPT_DAYS } from './relay.ts'
export { wakeRelay } from './wake.ts'
export { sendAgain } from './outbox.sql.ts'
export { redriveEvent, skipEvent } from './redrive.ts'
export { postgresTransport } from './postgres-transport.ts'
export { rabbitmqTransport } from './rabbitmq-transport.ts'
export type { EventTransport } from './transport.ts'
export type { Envelope } from './envelope.ts'
