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

const ticketType = z
  .object({
    name: text(1, 100),
    seated: z.boolean(),
    price: z.int().min(0, 'must not be negative').max(PRICE_MAX, `must be at most ${PRICE_MAX}`),
    capacity: z.int().min(1, 'must be at least 1').max(CAPACITY_MAX, `must be at most ${CAPACITY_MAX}`).nullish(),
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
  return z
    .int()
    .min(1, 'must be at least 1')
    .max(PER_BOOKING_MAX, `must be at most ${PER_BOOKING_MAX}`)
    .nullish()
    .transform((value) => value ?? unlessSaid)
}

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
    .max(50, 'must have at most 50 ticket types')
    .refine((types) => distinct(types.map((type) => type.name)), 'must have different names')
    .refine(
      (types) => distinct(types.filter((type) => type.seated).map((type) => type.category)),
      'must not sell the seats of one category twice',
    ),
})

/** An event as its partner wishes it. */
export type EventDraft = z.infer<typeof eventDraft>

const distinct = (values: readonly unknown[]) => new Set(values).size === values.length
