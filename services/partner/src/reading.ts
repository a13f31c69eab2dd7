import { mutate, type RequestContext } from '@tikitu/runtime/context'
import { isId } from '@tikitu/runtime/ids'
import { loadMany, loadOne } from '@tikitu/runtime/loader'
import type { Refusal } from '@tikitu/runtime/outcome'
import { perRequest } from '@tikitu/runtime/per-request'
import type { Work } from '@tikitu/runtime/transact'
import { partnersByIds, termsOfPartners, type PartnerRow } from './partners/partner.sql.ts'
import { seatingPlansByIds, seatingPlansOfVenues, type SeatingPlanRow } from './seating-plans/seating-plan.sql.ts'
import { isPublicPartner, maySeePartner, maySeePlans, maySeeVenue, type Caller } from './staff/access.rules.ts'
import { callerOf } from './staff/callers.ts'
import { staffOfPartners } from './staff/staff.sql.ts'
import { venuesByIds, type VenueRow } from './venues/venue.sql.ts'

/** What one request has read so far: each thing once, however often the graph names it. */
export const reading = perRequest(({ database: { orm }, identity }: RequestContext) => {
  const loaders = {
    partner: loadOne(
      (ids) => partnersByIds(orm, ids),
      (row) => row.id,
    ),
    staffOf: loadMany(
      (ids) => staffOfPartners(orm, ids),
      (row) => row.partnerId,
    ),
    termsOf: loadMany(
      (ids) => termsOfPartners(orm, ids),
      (row) => row.partnerId,
    ),
    venue: loadOne(
      (ids) => venuesByIds(orm, ids),
      (row) => row.id,
    ),
    plan: loadOne(
      (ids) => seatingPlansByIds(orm, ids),
      (row) => row.id,
    ),
    plansOf: loadMany(
      (ids) => seatingPlansOfVenues(orm, ids),
      (row) => row.venueId,
    ),
  }
  let caller: Promise<Caller> | undefined
  return {
    ...loaders,
    /** Who is asking. Asked of the database when somebody needs to know: most readers see only what everybody may. */
    caller: () => (caller ??= callerOf(orm, identity)),
    /** Forgets it all: a mutation of this request has changed something. */
    forget: () => {
      caller = undefined
      for (const loader of Object.values(loaders)) loader.clearAll()
    },
  }
})

/** The partner, if it exists for the caller. */
export async function visiblePartner(context: RequestContext, id: string): Promise<PartnerRow | null> {
  const { partner: loader, caller } = reading(context)
  const partner = isId(id) ? await loader.load(id) : null
  if (!partner || isPublicPartner(partner)) return partner
  return maySeePartner(await caller(), partner) ? partner : null
}

/** The venue, if the caller may find it. */
export async function visibleVenue(context: RequestContext, id: string): Promise<VenueRow | null> {
  const { venue: loader, caller } = reading(context)
  const venue = isId(id) ? await loader.load(id) : null
  if (!venue || venue.isActive) return venue
  return maySeeVenue(await caller(), venue) ? venue : null
}

/**
 * The venue that another service refers to: for whoever may see what is there, an event above all, so an inactive one
 * too. It stops new events and is not found any more, but the way to those that are on sale is no secret.
 */
export async function referredVenue(context: RequestContext, id: string): Promise<VenueRow | null> {
  return isId(id) ? reading(context).venue.load(id) : null
}

/** The version of a seating plan, if it exists for the caller. */
export async function visiblePlan(context: RequestContext, id: string): Promise<SeatingPlanRow | null> {
  const { plan: loader, caller } = reading(context)
  const plan = isId(id) ? await loader.load(id) : null
  return plan && maySeePlans(await caller(), plan.partnerId) ? plan : null
}

/** `mutate`, after which the request reads anew: what it selects from the answer must be as the mutation left it. */
export async function change<Value extends object, No extends Refusal, const Typename extends string>(
  context: RequestContext,
  typename: Typename,
  work: Work<Value, No>,
) {
  const member = await mutate(context, typename, work)
  reading(context).forget()
  return member
}
