import type { RequestContext } from '@tikitu/runtime/context'
import { requireUserId } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { loadOne } from '@tikitu/runtime/loader'
import { perRequest } from '@tikitu/runtime/per-request'
import { statesOfSeats } from '../inventory/availability.sql.ts'
import { statusOfLetter, type SeatStatus } from '../inventory/seat-map.ts'
import type { HeldTickets } from './hold.rules.ts'
import { holdOfUser, liveHolds } from './hold.sql.ts'

/** Live holds and the seats in them, each asked for once in a request. */
export const holdLoaders = perRequest(({ database: { orm }, identity: { userId } }: RequestContext) => ({
  /** A live hold of the caller. */
  hold: loadOne(
    async (ids) => (userId === null ? [] : liveHolds(orm, userId, ids)),
    (hold: HeldTickets) => hold.id,
  ),
  /** What has become of seats; their keys are `seatKey`s. */
  seatState: loadOne(
    async (keys) => {
      const byEvent = Map.groupBy(keys.map(readSeatKey), ({ eventId }) => eventId)
      const states = [...byEvent].map(async ([eventId, seats]) => {
        const found = await statesOfSeats(
          orm,
          eventId,
          seats.map(({ seatNo }) => seatNo),
        )
        return found.map(({ seatNo, state }) => ({ key: seatKey(eventId, seatNo), status: statusOfLetter(state) }))
      })
      return (await Promise.all(states)).flat()
    },
    (seat: { key: string; status: SeatStatus }) => seat.key,
  ),
}))

/** A live hold of the caller; null when there is none. */
export function ownHold(context: RequestContext, id: string): Promise<HeldTickets | null> {
  return isId(id) ? holdLoaders(context).hold.load(id) : Promise.resolve(null)
}

/** A hold of the caller's that there was, as it is after this request, ended or not. */
export async function anyHold({ database, identity }: RequestContext, id: string): Promise<HeldTickets> {
  const hold = await holdOfUser(database.orm, { id, userId: requireUserId(identity) })
  if (!hold) throw new Error(`hold ${id} is gone`)
  return hold
}

/** Names a seat of an event. */
export function seatKey(eventId: string, seatNo: number): string {
  return `${eventId}/${seatNo}`
}

function readSeatKey(key: string): { eventId: string; seatNo: number } {
  const [eventId = '', seatNo] = key.split('/')
  return { eventId, seatNo: Number(seatNo) }
}
