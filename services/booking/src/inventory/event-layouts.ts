import type { Queryable } from '@tikitu/runtime/database'
import { layoutOf } from '../venues/plan-layouts.ts'
import { planLayout, type PlanLayout } from '../venues/plan.rules.ts'
import { publishedPlan } from './availability.sql.ts'

/** What never changes about the seats of a published event. */
export interface EventLayout {
  /** Null when the event is general admission only. */
  readonly planId: string | null
  /** Without rows when the event is general admission only. */
  readonly plan: PlanLayout
  /** From a price category to the ticket type that sells its seats. */
  readonly typeIdByCategory: ReadonlyMap<string, string>
}

interface Frame {
  readonly planId: string | null
  readonly typeIdByCategory: ReadonlyMap<string, string>
}

/** How many events are remembered; each is a few hundred bytes beside its plan. */
const EVENTS_KEPT_MAX = 10_000

const frames = new Map<string, Frame>()
const NO_SEATS = planLayout([], [])

/** The layout of a published event, from memory if it is there; null when there is no such event or it is a draft. */
export async function eventLayout(db: Queryable, eventId: string): Promise<EventLayout | null> {
  const frame = frames.get(eventId) ?? (await readFrame(db, eventId))
  if (!frame) return null
  const plan = frame.planId === null ? NO_SEATS : await layoutOf(db, frame.planId)
  return { planId: frame.planId, plan, typeIdByCategory: frame.typeIdByCategory }
}

async function readFrame(db: Queryable, eventId: string): Promise<Frame | undefined> {
  const published = await publishedPlan(db, eventId)
  if (!published) return undefined
  const { planId, types } = published
  const frame = { planId, typeIdByCategory: new Map(types.map(({ id, category }) => [category, id])) }
  frames.set(eventId, frame)
  for (const [oldest] of frames) {
    if (frames.size <= EVENTS_KEPT_MAX) break
    frames.delete(oldest)
  }
  return frame
}
