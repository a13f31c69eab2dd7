import type { EventType } from '@tikitu/schema/events/define'
import type { Transaction } from '../database.ts'
import type { Envelope } from './envelope.ts'

/** The envelope of the event that is being handled, and the time. */
export type Handled = Envelope & {
  /** The database's clock at the start of the transaction: the only time a handler uses. */
  readonly at: Date
}

/** One event type and what this service does when it arrives. */
export interface Subscription {
  readonly type: string
  readonly version: number
  /** Throws a `MalformedEvent` when the data has not the declared shape; whatever else is thrown is tried again. */
  readonly handle: (tx: Transaction, envelope: Handled) => Promise<void>
  /** Does for many what `handle` does for each of them, and fails as that does. Absent where the order matters. */
  readonly handleMany?: (tx: Transaction, data: readonly unknown[]) => Promise<void>
}

/** The data of an event has not the shape that its type and version declare. Trying again would not help. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent'
}

/**
 * Subscribes to an event. The handler runs at most once with success for each event, in the order of the event's key,
 * in one transaction with the record that it ran: whatever it throws undoes its writes, and it is tried again later.
 * It touches its own database only; what must call the outside is sent as a job.
 */
export function on<Data>(
  event: EventType<string, Data>,
  handler: (tx: Transaction, data: Data, envelope: Handled) => Promise<void>,
): Subscription {
  return {
    type: event.type,
    version: event.version,
    async handle(tx, envelope) {
      await handler(tx, shaped(event, envelope.data), envelope)
    },
  }
}

/**
 * Subscribes to an event whose order does not matter, neither among its kind nor beside others of its key, such as one that
 * is counted: what arrives within a quarter of a second is handled at once, in one transaction with the record that it was.
 * What fails together is handled one by one.
 */
export function onMany<Data>(
  event: EventType<string, Data>,
  handler: (tx: Transaction, data: readonly Data[]) => Promise<void>,
): Subscription {
  const each = on(event, (tx, data) => handler(tx, [data]))
  return {
    ...each,
    handleMany: (tx, data) =>
      handler(
        tx,
        data.map((one) => shaped(event, one)),
      ),
  }
}

function shaped<Data>(event: EventType<string, Data>, data: unknown): Data {
  const parsed = event.shape.safeParse(data)
  if (parsed.success) return parsed.data
  throw new MalformedEvent(`${event.type} version ${event.version}: ${problems(parsed.error.issues)}`)
}

/** The first few problems, by path. The values themselves stay out: they may be somebody's e-mail address. */
function problems(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string {
  return issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || 'data'}: ${issue.message}`)
    .join('; ')
}
