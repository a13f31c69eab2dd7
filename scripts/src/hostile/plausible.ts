import type { Facts } from './stage.ts'
import type { Plausible } from './places.ts'

/** Far enough in the future for everything that has to be. */
const NEXT_YEAR = new Date(Date.now() + 365 * 86_400_000)
const hoursLater = (hours: number) => new Date(NEXT_YEAR.getTime() + hours * 3_600_000).toISOString()

/**
 * What a well-meaning client would send at each coordinate, so that a request gets as far as it can before it meets what
 * is hostile in it. A coordinate that is missing here gets plain text, or is left out where it may be.
 */
export function plausibleWith(facts: Facts): Plausible {
  const known: Readonly<Record<string, unknown>> = {
    'Query.booking.id': facts.bookingId,
    'Query.event.id': facts.eventId,
    'Query.hold.id': facts.holdId,
    'Query.partner.id': facts.partnerId,
    'Query.payment.id': facts.paymentId,
    'Query.previewTemplate.templateId': facts.templateId,
    'Query.seatingPlan.id': facts.seatingPlanId,
    'Query.user.id': facts.buyerId,
    'Query.validateTicket.eventId': facts.eventId,
    'Query.validateTicket.code': facts.ticketCode,
    'Query.venue.id': facts.venueId,

    'AddAddressInput.country': 'GB',
    'AddAdminInput.cognitoSub': 'f3d1c0de-0000-4000-8000-000000000001',
    'AddAdminInput.email': 'somebody@example.com',
    'AddApiClientInput.clientId': '6h0st1leclient0000000001',
    'AddApiClientInput.partnerId': facts.partnerId,
    'CancelBookingInput.bookingId': facts.bookingToCancelId,
    'ChangeAdminRoleInput.adminId': facts.adminId,
    'ChangeSettingInput.expectedVersion': 0,
    'ChangeSettingInput.key': 'user.addressesMax',
    'ChangeSettingInput.value': 20,
    'CheckInInput.code': facts.ticketCode,
    'CheckInInput.eventId': facts.eventId,
    'CheckoutInput.holdId': facts.holdId,
    'ConfirmPaymentInput.instrument': 'tok_declined',
    'ConfirmPaymentInput.paymentId': facts.openPaymentId,
    'CreateEventInput.currency': 'GBP',
    'CreateEventInput.endsAt': hoursLater(3),
    'CreateEventInput.partnerId': facts.partnerId,
    'CreateEventInput.startsAt': hoursLater(0),
    'CreateEventInput.venueId': facts.venueId,
    'CreateSeatingPlanInput.venueId': facts.venueId,
    'CreateVenueInput.country': 'GB',
    'CreateVenueInput.partnerId': facts.partnerId,
    'CreateVenueInput.timezone': 'Europe/London',
    'DeactivateAdminInput.adminId': facts.adminId,
    'HoldBestAvailableInput.eventId': facts.eventId,
    'HoldBestAvailableInput.ticketTypeId': facts.seatedTypeId,
    'HoldGeneralAdmissionInput.eventId': facts.eventId,
    'HoldGeneralAdmissionInput.ticketTypeId': facts.standingTypeId,
    'HoldSeatsInput.eventId': facts.eventId,
    'HoldSeatsInput.seatIds': [facts.seatId],
    'ImportSeatingPlanInput.plan': SEATING_PLAN,
    'ImportSeatingPlanInput.venueId': facts.venueId,
    'MakeDefaultAddressInput.addressId': facts.addressId,
    'MarkNotificationReadInput.notificationId': facts.notificationId,
    'PublishEventInput.eventId': facts.eventId,
    'RegisterPartnerInput.contactEmail': 'somebody@example.com',
    'RejectPartnerInput.partnerId': facts.partnerToRejectId,
    'ReleaseHoldInput.holdId': facts.holdId,
    'RemoveAddressInput.addressId': facts.addressId,
    'ReinstateUserInput.userId': facts.rivalId,
    'SaveTemplateInput.locale': 'en',
    'SaveTemplateInput.name': 'refund-sent',
    'StartPaymentInput.bookingId': facts.pendingBookingId,
    'SuspendPartnerInput.partnerId': facts.partnerToSuspendId,
    'SuspendUserInput.userId': facts.rivalId,
    'TicketTypeInput.capacity': 10,
    'TicketTypeInput.seated': false,
    'UpdateAddressInput.addressId': facts.addressId,
    'UpdatePartnerInput.partnerId': facts.partnerToSuspendId,
    'UpdateVenueInput.venueId': facts.otherVenueId,
    'VerifyPartnerInput.partnerId': facts.partnerToRejectId,
  }
  let keys = 0
  return (coordinate) => {
    if (/\.(?:idempotencyKey|nonce)$/.test(coordinate)) return `hostile-input-${(keys += 1)}`
    return known[coordinate]
  }
}

/** A plan of two seats and an area, with every text that pretix's editor writes. */
const SEATING_PLAN = {
  name: 'Hall',
  size: { width: 100, height: 100 },
  categories: [
    { name: 'Main', color: '#7f4a91' },
    { name: 'Standing', color: '#7f4a91' },
  ],
  zones: [
    {
      name: 'Stalls',
      zone_id: 'zone-1',
      position: { x: 0, y: 0 },
      rows: [
        {
          row_number: '1',
          row_number_position: 'start',
          position: { x: 0, y: 0 },
          seats: ['1', '2'].map((number, index) => ({
            uuid: `00000000-0000-4000-8000-00000000000${number}`,
            seat_guid: `s-1-${number}`,
            seat_number: number,
            position: { x: 20 * index, y: 0 },
            category: 'Main',
          })),
        },
      ],
      areas: [
        {
          shape: 'rectangle',
          rectangle: { width: 30, height: 8 },
          position: { x: 0, y: 50 },
          text: { text: 'Standing' },
          category: 'Standing',
          capacity: 30,
        },
      ],
    },
  ],
}
