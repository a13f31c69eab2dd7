import { currencyCode, idempotencyKey, noCardNumber, optionalKey, text } from '@tikitu/runtime/validate'
import { z } from 'zod'
import { eventDraft, ticketType, ticketTypeChange } from './event-draft.ts'

const { title, description, category, imageUrl, seatingPlanId, ticketTypes, venueId } = eventDraft.shape
const eventId = z.string()
const reason = noCardNumber(text(1, 500))
const never = 'must not be null'

/** What `updateEvent` takes: what is undefined stays as it is. */
export const eventChanges = z.object({
  eventId,
  title: title.optional(),
  description,
  category: category.optional(),
  imageUrl,
  maxTicketsPerBuyer: z.int(never).min(1, 'must be at least 1').max(100, 'must be at most 100').optional(),
  doorsAt: z.date(never).optional(),
  salesOpenAt: z.date().nullish(),
  salesCloseAt: z.date(never).optional(),
  startsAt: z.date(never).optional(),
  endsAt: z.date(never).optional(),
  venueId: venueId.optional(),
  seatingPlanId,
  currency: currencyCode.optional(),
  ticketTypes: ticketTypes.optional(),
  idempotencyKey,
})

/** What of an event is to be another. */
export type EventChanges = Omit<z.infer<typeof eventChanges>, 'eventId' | 'idempotencyKey'>

/** What `changeTicketTypes` takes. */
export const ticketTypeChanges = z.object({
  eventId,
  add: z.array(ticketType).max(50, 'must have at most 50 ticket types').nullish(),
  change: z.array(ticketTypeChange).max(50, 'must have at most 50 ticket types').nullish(),
  idempotencyKey,
})

/** What `changeSeatingPlan` takes. */
export const planChange = z.object({ eventId, seatingPlanId: z.string(), idempotencyKey })

/** What `rescheduleEvent` takes. */
export const rescheduling = z.object({
  eventId,
  startsAt: z.date(),
  endsAt: z.date().nullish(),
  doorsAt: z.date().nullish(),
  salesCloseAt: z.date().nullish(),
  reason,
  idempotencyKey,
})

/** What `cancelEvent` takes. */
export const callingOff = z.object({ eventId, reason, idempotencyKey })

/** What `publishEvent` takes. */
export const publishing = z.object({ eventId, idempotencyKey: optionalKey })

/** What `completeEvent` takes. */
export const closing = z.object({ eventId, idempotencyKey })
