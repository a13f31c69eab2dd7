import { on, type Subscription } from '@tikitu/runtime/events'
import {
  PartnerRejected,
  PartnerSuspended,
  PartnerVerified,
  SeatingPlanPublished,
  VenuePublished,
} from '@tikitu/schema/events/partner'
import { learnPartner, learnPlan, learnVenue } from './venues.ts'

/** What booking copies of partner's facts, so that a sale asks nobody. */
export const venueSubscriptions: readonly Subscription[] = [
  on(PartnerVerified, (tx, { partnerId, commission, at }) =>
    learnPartner(tx, { partnerId, status: 'VERIFIED', commission, at: new Date(at) }),
  ),
  on(PartnerSuspended, (tx, { partnerId, at }) =>
    learnPartner(tx, { partnerId, status: 'SUSPENDED', commission: null, at: new Date(at) }),
  ),
  on(PartnerRejected, (tx, { partnerId, at }) =>
    learnPartner(tx, { partnerId, status: 'REJECTED', commission: null, at: new Date(at) }),
  ),
  on(VenuePublished, learnVenue),
  on(SeatingPlanPublished, learnPlan),
]
