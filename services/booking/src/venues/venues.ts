import type { Transaction } from '@tikitu/runtime/database'
import type { EventData } from '@tikitu/schema/events/define'
import type { SeatingPlanPublished, VenuePublished } from '@tikitu/schema/events/partner'
import { layOut } from './plan.rules.ts'
import { insertPlan, insertPlanAreas, insertPlanRows, insertPlanSeats } from './plan.sql.ts'
import { upsertPartner, upsertVenue, type PartnerFact } from './venue.sql.ts'

/** Remembers whether a partner may sell, and for which commission. An older fact never replaces a newer one. */
export function learnPartner(tx: Transaction, fact: PartnerFact): Promise<void> {
  return upsertPartner(tx, fact)
}

/** Remembers a venue. An older version never replaces a newer one. */
export function learnVenue(tx: Transaction, venue: EventData<typeof VenuePublished>): Promise<void> {
  return upsertVenue(tx, venue)
}

/** Remembers a seating plan with all its seats. A plan never changes, so one that is known is left alone. */
export async function learnPlan(tx: Transaction, plan: EventData<typeof SeatingPlanPublished>): Promise<void> {
  const { rows, seats } = layOut(plan.sections)
  const isNew = await insertPlan(tx, { ...plan, seatCount: seats.length })
  if (!isNew) return
  await insertPlanRows(tx, plan.planId, rows)
  await insertPlanSeats(tx, plan.planId, seats)
  await insertPlanAreas(tx, plan.planId, plan.areas)
}
