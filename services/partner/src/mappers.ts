import type { ApiClientRow } from './api-clients/api-client.sql.ts'
import type { PartnerRow } from './partners/partner.sql.ts'
import type { SeatingPlanRow } from './seating-plans/seating-plan.sql.ts'
import type { StaffRow } from './staff/staff.sql.ts'
import type { VenueRow } from './venues/venue.sql.ts'

// What the resolvers of the graph's types are given: the rows as they are stored.

/** A partner. */
export type PartnerSource = PartnerRow
/** A venue. */
export type VenueSource = VenueRow
/** A version of a seating plan, without its seats. */
export type SeatingPlanSource = SeatingPlanRow
/** A member of a partner's staff. */
export type StaffMemberSource = StaffRow
/** A partner's own program. */
export type ApiClientSource = ApiClientRow
