import { SeatingPlanPublished } from '@tikitu/schema/events/partner'
import { actorOf } from '@tikitu/runtime/audit'
import type { Transaction } from '@tikitu/runtime/database'
import { emit } from '@tikitu/runtime/events'
import { onceIfKeyed } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accept, type Accepted } from '@tikitu/runtime/outcome'
import { venueNotFound, venueToManage } from '../venues/venues.ts'
import { readDocument } from './plan-document.ts'
import {
  categoriesOf,
  invalidPlan,
  publishedSections,
  seatCount,
  sectionSummaries,
  type Plan,
  type SeatingPlanInvalid,
} from './plan.rules.ts'
import { planFromPretix } from './pretix.rules.ts'
import { planFromQuickForm, type QuickForm } from './quick-form.rules.ts'
import { insertSeatingPlan, seatingPlansByIds } from './seating-plan.sql.ts'

/** Somebody adds a version to a venue's seating plan. */
interface AddSeatingPlan {
  readonly identity: Identity
  readonly venueId: string
  readonly name: string
  /** Under which it is done once; null when each time is another version. */
  readonly idempotencyKey: string | null
  readonly at: Date
}

/** Adds a version from the quick form. For owners and managers; a stranger finds no venue. */
export async function createSeatingPlan(tx: Transaction, command: AddSeatingPlan & { readonly form: QuickForm }) {
  const { form } = command
  return addOnce(tx, { operation: 'createSeatingPlan', asked: form }, command, () => planFromQuickForm(form))
}

/**
 * Adds a version from a document in pretix's format, or its text, packed or not, which may be anything. For owners and
 * managers; a stranger finds no venue.
 */
export async function importSeatingPlan(tx: Transaction, command: AddSeatingPlan & { readonly document: unknown }) {
  const { document } = command
  return addOnce(tx, { operation: 'importSeatingPlan', asked: document }, command, () => {
    const read = readDocument(document)
    return 'problem' in read ? invalidPlan([read.problem]) : planFromPretix(read.document)
  })
}

/** Under its key, if it has one. */
async function addOnce(
  tx: Transaction,
  { operation, asked }: { operation: string; asked: unknown },
  command: AddSeatingPlan,
  read: () => Accepted<Plan> | SeatingPlanInvalid,
) {
  const { identity, venueId, name, idempotencyKey: key } = command
  const wish = { caller: actorOf(identity).id, key, operation, request: { venueId, name, asked } }
  const outcome = await onceIfKeyed(tx, wish, () => addVersion(tx, command, read))
  if (!outcome.ok) return outcome
  const [row] = await seatingPlansByIds(tx, [outcome.value.id])
  if (!row) throw new Error(`seating plan ${outcome.value.id} was added and is not there`)
  return accept(row)
}

/** A plan is only read for somebody who may add it: that is work, and its problems are nobody else's business. */
async function addVersion(
  tx: Transaction,
  { identity, venueId, name, at }: AddSeatingPlan,
  read: () => Accepted<Plan> | SeatingPlanInvalid,
) {
  const venue = await venueToManage(tx, identity, venueId)
  if (!venue) return venueNotFound(venueId)
  const reading = read()
  if (!reading.ok) return reading

  const plan = reading.value
  const { partnerId } = venue
  const row = await insertSeatingPlan(tx, {
    id: newId(),
    venueId,
    partnerId,
    name,
    seatCount: seatCount(plan),
    categories: categoriesOf(plan),
    sections: sectionSummaries(plan),
    areas: plan.areas,
    layout: plan.sections,
    focalPoint: plan.focalPoint ?? null,
    createdAt: at,
  })
  const { id: planId, version, categories } = row
  await emit(tx, SeatingPlanPublished, {
    planId,
    venueId,
    partnerId,
    name,
    version,
    seatCount: row.seatCount,
    categories,
    sections: publishedSections(plan),
    areas: [...plan.areas],
    at: at.toISOString(),
  })
  return accept(row)
}
