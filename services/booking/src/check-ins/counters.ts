import { connectionOf, emptyConnection, pageOf, type Connection } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import type { Queryable } from '@tikitu/runtime/database'
import { badInput, Fault } from '@tikitu/runtime/fault'
import { isId } from '@tikitu/runtime/ids'
import { DOOR_TOPIC } from './check-ins.ts'
import type { CheckInRow } from './check-in.sql.ts'
import { conflictsAmong, type Conflict } from './conflicts.rules.ts'
import { countByGate, countTickets, type GateCounts, type TicketCounts } from './counters.sql.ts'
import { doorFor, type Keeper } from './door.ts'
import { suspicious } from './upload.sql.ts'

/** Which door, and who asks. */
export interface DoorQuestion extends Keeper {
  readonly eventId: string
}

/** How it goes at the doors of an event. */
export interface DoorCounters extends TicketCounts {
  readonly eventId: string
  readonly refused: number
  readonly conflicts: number
  readonly gates: readonly GateCounts[]
  readonly at: Date
}

/** Counts what there is to know at a door. Null when it is not the keeper's. */
export async function doorCounters(db: Queryable, { eventId, ...keeper }: DoorQuestion): Promise<DoorCounters | null> {
  if (!(await doorFor(db, keeper, eventId))) return null
  const counts = await countTickets(db, eventId)
  const gates = await countByGate(db, eventId)
  const conflicts = conflictsAmong(await suspicious(db, eventId)).length
  return { eventId, ...counts, refused: gates.reduce((total, { refused }) => total + refused, 0), conflicts, gates }
}

/** The counters now, and again after every scan, for as long as the keeper may stand at the door. NOT_FOUND when it is not theirs. */
export async function followDoor(
  { database, identity, watch }: RequestContext,
  { eventId, device }: Omit<DoorQuestion, 'identity'>,
): Promise<AsyncIterable<DoorCounters>> {
  const question = { eventId, device, identity }
  if (!(await doorCounters(database.orm, question))) throw new Fault('NOT_FOUND', 'There is no such event.')
  return counting()

  async function* counting(): AsyncGenerator<DoorCounters> {
    for await (const _ of watch({ topic: DOOR_TOPIC, id: eventId })) {
      const counters = await doorCounters(database.orm, question)
      if (!counters) return
      yield counters
    }
  }
}

/** Everybody who was let through and should not have been, in the order in which doors told. None when it is not the keeper's door. */
export async function doorConflicts(
  db: Queryable,
  { eventId, ...keeper }: DoorQuestion,
  args: { readonly first: number; readonly after?: string | null | undefined },
): Promise<Connection<Conflict<CheckInRow>>> {
  const page = pageOf(args, 1)
  const after = page.after?.[0] ?? null
  if (after !== null && !isId(after)) throw badInput('after', 'is not a cursor of this list')
  if (!(await doorFor(db, keeper, eventId))) return emptyConnection()
  const conflicts = conflictsAmong(await suspicious(db, eventId))
  const rest = conflicts.filter(({ scan }) => after === null || scan.id > after)
  return connectionOf(rest.slice(0, page.limit), page, ({ scan }) => [scan.id])
}
