import {
  DEAD_EVENTS_PATH,
  EVENTS_PATH,
  REDRIVE_EVENTS_MAX,
  REDRIVE_PATH,
  redriveOrder,
  SKIP_PATH,
  skipOrder,
  type ServiceEvents,
} from '@tikitu/schema/event-delivery'
import { sourceOf } from './envelope.ts'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { recordAudit } from '../audit.ts'
import type { Database, Transaction } from '../database.ts'
import { requireAdmin, type Identity } from '../identity.ts'
import { accept, refuse } from '../outcome.ts'
import { transact } from '../transact.ts'
import { validInput } from '../validate.ts'
import type { EventLag } from './lag.ts'
import { deadEvents, deadForUpdate, redriveEvent, skipEvent } from './redrive.ts'

/** What the routes need. */
export interface EventRoutesOptions {
  readonly service: Parameters<typeof sourceOf>[0]
  readonly database: Database
  readonly lag: () => Promise<EventLag>
  /** Called when events may be handled that could not before. */
  readonly wake: () => void
}

const pageQuery = z.object({
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  limit: z.coerce.number().int().min(1).max(101),
})

/** What admins are told of the events of this service, and what a SUPER_ADMIN may do about those that were given up. */
export function addEventRoutes(app: FastifyInstance, { service, database, lag, wake }: EventRoutesOptions): void {
  app.get(EVENTS_PATH, async ({ identity }): Promise<ServiceEvents> => {
    requireAdmin(identity)
    const { unpublished, inBroker, unhandled, dead, failing } = await lag()
    return {
      unpublished,
      inBroker,
      unhandled,
      dead,
      failing: failing.map(({ pipe, since, error }) => ({ pipe, since: since.toISOString(), error })),
    }
  })
  app.get(DEAD_EVENTS_PATH, ({ identity, query }) => {
    requireAdmin(identity)
    return deadEvents(database.orm, validInput(pageQuery, query, 'query'))
  })
  app.post(REDRIVE_PATH, async ({ identity, body }) => {
    requireAdmin(identity, 'SUPER_ADMIN')
    const { eventIds } = validInput(redriveOrder, body, 'body')
    const outcome = await transact(database, (tx, at) => redrive(tx, { service, eventIds, by: identity, at }))
    if (!outcome.ok) return { notFound: outcome.facts.eventId }
    wake()
    return { redriven: outcome.value }
  })
  app.post(SKIP_PATH, async ({ identity, body }) => {
    requireAdmin(identity, 'SUPER_ADMIN')
    const order = validInput(skipOrder, body, 'body')
    const outcome = await transact(database, (tx, at) => skip(tx, { ...order, by: identity, at }))
    if (outcome.ok) wake()
    return { skipped: outcome.ok }
  })
}

interface Redrive {
  readonly service: EventRoutesOptions['service']
  readonly eventIds: readonly string[] | undefined
  readonly by: Identity
  readonly at: Date
}

async function redrive(tx: Transaction, { service, eventIds, by, at }: Redrive) {
  const dead = await deadForUpdate(tx, { eventIds, limit: REDRIVE_EVENTS_MAX })
  const found = dead.map(({ id }) => id)
  const missing = eventIds?.find((id) => !found.includes(id))
  if (missing !== undefined) return refuse('DeadEventNotFound', 'There is no such dead event.', { eventId: missing })
  for (const id of found) await redriveEvent(tx, id)
  if (found.length > 0) {
    const resource = { type: 'Inbox', id: sourceOf(service) }
    await recordAudit(tx, by, { action: 'redriveEvents', resource, after: { eventIds: found }, at })
  }
  return accept(found)
}

interface Skip {
  readonly eventId: string
  readonly reason: string
  readonly by: Identity
  readonly at: Date
}

async function skip(tx: Transaction, { eventId, reason, by, at }: Skip) {
  const [dead] = await deadForUpdate(tx, { eventIds: [eventId], limit: 1 })
  if (!dead) return refuse('DeadEventNotFound', 'There is no such dead event.', { eventId })
  await skipEvent(tx, eventId)
  await recordAudit(tx, by, {
    action: 'skipEvent',
    resource: { type: 'Event', id: eventId },
    before: { status: 'dead', type: dead.type, key: dead.key, attempts: dead.attempts },
    after: { status: 'skipped', reason },
    at,
  })
  return accept(eventId)
}
