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
      const parsed = event.shape.safeParse(envelope.data)
      if (!parsed.success) {
        throw new MalformedEvent(`${event.type} version ${event.version}: ${problems(parsed.error.issues)}`)
      }
      await handler(tx, parsed.data, envelope)
    },
  }
}

/** The first few problems, by path. The values themselves stay out: they may be somebody's e-mail address. */
function problems(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string {
  return issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || 'data'}: ${issue.message}`)
    .join('; ')
}
