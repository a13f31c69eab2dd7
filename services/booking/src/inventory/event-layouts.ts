import type { Queryable } from '@tikitu/runtime/database'
import type { SalesChannel } from '../holds/hold.rules.ts'
import { layoutOf } from '../venues/plan-layouts.ts'
import { planLayout, type PlanLayout } from '../venues/plan.rules.ts'
import { publishedPlan } from './availability.sql.ts'

/** What hardly ever changes about the seats of a published event. */
export interface EventLayout {
  /** Null when the event is general admission only. */
  readonly planId: string | null
  /** Without rows when the event is general admission only. */
  readonly plan: PlanLayout
  /** From a price category to the ticket type that sells its seats. */
  readonly typeIdByCategory: ReadonlyMap<string, string>
  /** The numbers of the seated ticket types of each channel. */
  readonly typeNosByChannel: ReadonlyMap<SalesChannel, readonly number[]>
}

interface Frame {
  /** When it was read, by this process' clock, in milliseconds. */
  readonly readAt: number
  readonly planId: string | null
  readonly typeIdByCategory: ReadonlyMap<string, string>
  readonly typeNosByChannel: ReadonlyMap<SalesChannel, readonly number[]>
}

/**
 * How long it is believed, in milliseconds: ticket types may be added while an event is on sale. What is held goes by the
 * tables; all that may be late is how a seat looks.
 */
const BELIEVED_MILLISECONDS = 2_000

/** How many events are remembered; each is a few hundred bytes beside its plan. */
const EVENTS_KEPT_MAX = 10_000

const frames = new Map<string, Frame>()
const reading = new Map<string, Promise<Frame | undefined>>()
const NO_SEATS = planLayout([], [])

/** The layout of a published event, from memory if it is there; null when there is no such event or it is a draft. */
export async function eventLayout(db: Queryable, eventId: string): Promise<EventLayout | null> {
  const known = frames.get(eventId)
  const isFresh = known !== undefined && performance.now() - known.readAt < BELIEVED_MILLISECONDS
  const frame = isFresh ? known : await readTogether(db, eventId)
  if (!frame) return null
  const plan = frame.planId === null ? NO_SEATS : await layoutOf(db, frame.planId)
  return { ...frame, plan }
}

/** Has the layout of an event read again at once: whoever has changed it sees what they did. */
export function forgetLayout(eventId: string): void {
  frames.delete(eventId)
}

/** The same, as it is now: for who has a seat that the one in memory does not know. */
export async function eventLayoutNow(db: Queryable, eventId: string): Promise<EventLayout | null> {
  forgetLayout(eventId)
  return eventLayout(db, eventId)
}

/** Whoever asks while it is read waits for the same answer: at a rush there are thousands. */
function readTogether(db: Queryable, eventId: string): Promise<Frame | undefined> {
  const underWay = reading.get(eventId) ?? readFrame(db, eventId).finally(() => reading.delete(eventId))
  reading.set(eventId, underWay)
  return underWay
}

async function readFrame(db: Queryable, eventId: string): Promise<Frame | undefined> {
  const published = await publishedPlan(db, eventId)
  if (!published) return undefined
  const { planId, types } = published
  const byChannel = [...Map.groupBy(types, ({ channel }) => channel)]
  const frame: Frame = {
    readAt: performance.now(),
    planId,
    typeIdByCategory: new Map(types.map(({ id, category }) => [category, id])),
    typeNosByChannel: new Map(byChannel.map(([channel, all]) => [channel, all.map(({ no }) => no)])),
  }
  frames.delete(eventId)
  frames.set(eventId, frame)
  for (const [oldest] of frames) {
    if (frames.size <= EVENTS_KEPT_MAX) break
    frames.delete(oldest)
  }
  return frame
}
