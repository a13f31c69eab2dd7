import { currencyCode, httpsUrl, idempotencyKey, text } from '@tikitu/runtime/validate'
import { z } from 'zod'

/** Ids are looked up, so all that matters here is that they are not a novel. */
const reference = z.string().max(100, 'must have at most 100 characters')

/** The most that one ticket may cost, in minor units: fifty of them still add up exactly. */
const PRICE_MAX = 1_000_000_000_000
/** The most tickets of one type: a stadium ten times over. */
const CAPACITY_MAX = 1_000_000
/** The most tickets of one type in one booking that a partner may allow. */
const PER_BOOKING_MAX = 100

const name = text(1, 100)
const price = z.int().min(0, 'must not be negative').max(PRICE_MAX, `must be at most ${PRICE_MAX}`)
const capacity = z.int().min(1, 'must be at least 1').max(CAPACITY_MAX, `must be at most ${CAPACITY_MAX}`)
const perBookingBounds = z.int().min(1, 'must be at least 1').max(PER_BOOKING_MAX, `must be at most ${PER_BOOKING_MAX}`)

/** A kind of ticket as it is wished. */
export const ticketType = z
  .object({
    name,
    seated: z.boolean(),
    price,
    capacity: capacity.nullish(),
    category: text(1, 100).nullish(),
    minPerBooking: perBooking(1),
    maxPerBooking: perBooking(10),
    salesOpenAt: z.date().nullish(),
    salesCloseAt: z.date().nullish(),
    channel: z
      .enum(['PUBLIC', 'PARTNER', 'DOOR'])
      .nullish()
      .transform((value) => value ?? 'PUBLIC'),
  })
  .refine(({ salesOpenAt, salesCloseAt }) => !salesOpenAt || !salesCloseAt || salesOpenAt < salesCloseAt, {
    path: ['salesCloseAt'],
    error: 'must be after salesOpenAt',
  })
  .refine((type) => type.minPerBooking <= type.maxPerBooking, {
    path: ['minPerBooking'],
    error: 'must not be more than maxPerBooking',
  })

function perBooking(unlessSaid: number) {
  return perBookingBounds.nullish().transform((value) => value ?? unlessSaid)
}

const never = 'must not be null'

/** What of a kind of ticket is to be another while it is sold: what is undefined stays as it is. */
export const ticketTypeChange = z.object({
  ticketTypeId: reference,
  name: name.optional(),
  price: price.optional(),
  capacity: capacity.optional(),
  minPerBooking: perBookingBounds.optional(),
  maxPerBooking: perBookingBounds.optional(),
  salesOpenAt: z.date(never).nullish(),
  salesCloseAt: z.date(never).nullish(),
})

/** The most kinds of ticket that an event has. */
export const TICKET_TYPES_MAX = 50

/** What `createEvent` is given, once it is known to make sense by itself. */
export const eventDraft = z.object({
  partnerId: reference,
  venueId: reference,
  title: text(1, 200),
  description: text(0, 10_000).nullish(),
  category: z.enum(['MUSIC', 'SPORT', 'THEATRE', 'COMEDY', 'CONFERENCE', 'FESTIVAL', 'FAMILY', 'OTHER']),
  startsAt: z.date(),
  endsAt: z.date(),
  doorsAt: z.date().nullish(),
  salesOpenAt: z.date().nullish(),
  salesCloseAt: z.date().nullish(),
  currency: currencyCode,
  seatingPlanId: reference.nullish(),
  imageUrl: httpsUrl.nullish(),
  maxTicketsPerBuyer: z
    .int()
    .min(1, 'must be at least 1')
    .max(100, 'must be at most 100')
    .nullish()
    .transform((value) => value ?? 10),
  idempotencyKey: idempotencyKey.nullish(),
  ticketTypes: z
    .array(ticketType)
    .min(1, 'must have at least one ticket type')
    .max(TICKET_TYPES_MAX, `must have at most ${TICKET_TYPES_MAX} ticket types`)
    .refine((types) => distinct(types.map((type) => type.name)), 'must have different names')
    .refine(
      (types) => distinct(types.filter((type) => type.seated).map((type) => type.category)),
      'must not sell the seats of one category twice',
    ),
})

/** An event as its partner wishes it. */
export type EventDraft = z.infer<typeof eventDraft>

const distinct = (values: readonly unknown[]) => new Set(values).size === values.length
