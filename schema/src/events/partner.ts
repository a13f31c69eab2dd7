import { z } from 'zod'
import { defineEvent } from './define.ts'
import { id, instant } from './shapes.ts'

/** A company asked to sell through us; it waits for an admin. */
export const PartnerRegistered = defineEvent(
  'partner.registered',
  z.object({ partnerId: id, ownerId: id, companyName: z.string(), at: instant }),
  (data) => data.partnerId,
)

/** What is said about a partner is another. Carries the whole copy. */
export const PartnerUpdated = defineEvent(
  'partner.updated',
  z.object({ partnerId: id, ownerId: id, companyName: z.string(), at: instant }),
  (data) => data.partnerId,
)

/** What a partner pays us for each sale, from an instant on. */
const commission = z.object({
  /** Share of the price, in basis points (1 % = 100). */
  basisPoints: z.int().min(0).max(10_000),
  /** Added for each ticket, in minor units of the event's currency. */
  fixedPerTicket: z.int().min(0),
  effectiveFrom: instant,
})

/** An admin verified a partner, or let a suspended one sell again. Carries the commission terms in force. */
export const PartnerVerified = defineEvent(
  'partner.verified',
  z.object({ partnerId: id, ownerId: id, companyName: z.string(), commission, at: instant }),
  (data) => data.partnerId,
)

/** An admin refused a partner. */
export const PartnerRejected = defineEvent(
  'partner.rejected',
  z.object({ partnerId: id, ownerId: id, reason: z.string(), at: instant }),
  (data) => data.partnerId,
)

/** An admin stopped a partner from selling. */
export const PartnerSuspended = defineEvent(
  'partner.suspended',
  z.object({ partnerId: id, reason: z.string(), at: instant }),
  (data) => data.partnerId,
)

/** A venue can be used for events, or what others copy of it changed. Carries the whole copy. */
export const VenuePublished = defineEvent(
  'venue.published',
  z.object({
    venueId: id,
    partnerId: id,
    name: z.string(),
    address: z.string().nullable(),
    city: z.string(),
    /** ISO 3166-1 alpha-2. */
    country: z.string().length(2),
    latitude: z.number().nullable(),
    longitude: z.number().nullable(),
    /** IANA time zone. */
    timezone: z.string(),
    capacity: z.int().positive(),
    isActive: z.boolean(),
    version: z.int().positive(),
    at: instant,
  }),
  (data) => data.venueId,
)

const planSeat = z.object({
  /** Stable within the plan, and the id that clients use for the seat. */
  id: z.string().min(1),
  /** What is printed on the seat. */
  number: z.string(),
  accessible: z.literal(true).optional(),
  /** Only when it differs from the row's. */
  category: z.string().optional(),
})

/** How a row lies to what people come to look at; only when the plan says what that is, and where all seats are. */
const rowFocus = z.object({
  /** The closest seat, counted from 0 in the row. */
  place: z.int().min(0),
  /** How far that is, in the plan's own unit. */
  distance: z.number().min(0),
})

/** A version of a seating plan, from now on immutable. Rows and seats come in their order in the hall. */
export const SeatingPlanPublished = defineEvent(
  'seating_plan.published',
  z.object({
    planId: id,
    venueId: id,
    partnerId: id,
    name: z.string(),
    version: z.int().positive(),
    seatCount: z.int().min(0),
    categories: z.array(z.string()),
    sections: z.array(
      z.object({
        name: z.string(),
        rows: z.array(
          z.object({ name: z.string(), category: z.string(), focus: rowFocus.optional(), seats: z.array(planSeat) }),
        ),
      }),
    ),
    areas: z.array(z.object({ name: z.string(), category: z.string(), capacity: z.int().positive() })),
    at: instant,
  }),
  (data) => data.venueId,
)
