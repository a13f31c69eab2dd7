import type { Facts } from './stage.ts'
import type { Plausible } from './places.ts'

/** Far enough in the future for everything that has to be. */
const NEXT_YEAR = new Date(Date.now() + 365 * 86_400_000)
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
const hoursLater = (hours: number) => new Date(NEXT_YEAR.getTime() + hours * 3_600_000).toISOString()

/** Of something that there is not: what is done to it is done to nobody else's. */
const NOTHING = '01890000-0000-7000-8000-000000000000'

/**
 * What a well-meaning client would send at each coordinate, so that a request gets as far as it can before it meets what
 * is hostile in it. A coordinate that is missing here gets plain text, or is left out where it may be.
 */
export function plausibleWith(facts: Facts): Plausible {
  const known: Readonly<Record<string, unknown>> = {
    'Query.booking.id': facts.bookingId,
    'Query.cancellationQuote.bookingId': facts.bookingId,
    'Query.doorConflicts.eventId': facts.eventId,
    'Query.doorCounters.eventId': facts.eventId,
    'Query.doorDevices.partnerId': facts.partnerId,
    'Query.doorList.eventId': facts.eventId,
    'Query.event.id': facts.eventId,
    'Query.hold.id': facts.holdId,
    'Query.partner.id': facts.partnerId,
    'Query.partnerStatement.currency': 'GBP',
    'Query.partnerStatement.from': daysAgo(30),
    'Query.partnerStatement.partnerId': facts.partnerId,
    'Query.partnerStatement.until': daysAgo(0),
    'Query.payment.id': facts.paymentId,
    'Query.previewTemplate.templateId': facts.templateId,
    'Query.seatingPlan.id': facts.seatingPlanId,
    'Query.seatMap.eventId': facts.eventId,
    'Query.settlement.id': NOTHING,
    'Query.ticket.id': facts.ticketId,
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
    'CancelEventInput.eventId': NOTHING,
    'ChangeAdminRoleInput.adminId': facts.adminId,
    'ChangeSettingInput.expectedVersion': 0,
    'ChangeSettingInput.key': 'user.addressesMax',
    'ChangeSettingInput.value': 20,
    'ChangeSeatingPlanInput.eventId': NOTHING,
    'ChangeSeatingPlanInput.seatingPlanId': facts.seatingPlanId,
    'ChangeTicketTypesInput.eventId': NOTHING,
    'CheckInInput.code': facts.ticketCode,
    'CheckInInput.eventId': facts.eventId,
    'CheckoutInput.holdId': facts.holdId,
    'CompleteEventInput.eventId': NOTHING,
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
    'DecideRefundInput.refundId': NOTHING,
    'ExtendHoldInput.holdId': facts.holdId,
    'HoldBestAvailableInput.eventId': facts.eventId,
    'HoldBestAvailableInput.ticketTypeId': facts.seatedTypeId,
    'HoldGeneralAdmissionInput.eventId': facts.eventId,
    'HoldGeneralAdmissionInput.ticketTypeId': facts.standingTypeId,
    'HoldSeatsInput.eventId': facts.eventId,
    'HoldSeatsInput.seatIds': [facts.seatId],
    'ImportSeatingPlanInput.plan': SEATING_PLAN,
    'ImportSeatingPlanInput.venueId': facts.venueId,
    'IssueDeviceTokenInput.partnerId': facts.partnerId,
    'MakeDefaultAddressInput.addressId': facts.addressId,
    'MarkNotificationReadInput.notificationId': facts.notificationId,
    'MarkSettlementPaidInput.settlementId': NOTHING,
    'OfflineScanInput.code': facts.ticketCode,
    'OfflineScanInput.scannedAt': new Date().toISOString(),
    'PublishEventInput.eventId': facts.eventId,
    'RefundBookingInput.bookingId': NOTHING,
    'RegisterPartnerInput.contactEmail': 'somebody@example.com',
    'RejectPartnerInput.partnerId': facts.partnerToRejectId,
    'ReleaseHoldInput.holdId': facts.holdId,
    'RemoveAddressInput.addressId': facts.addressId,
    'ReinstateUserInput.userId': facts.rivalId,
    'RenameTicketInput.ticketId': facts.ticketId,
    'RequestImageUploadInput.eventId': facts.draftEventId,
    'RescheduleEventInput.eventId': NOTHING,
    'RescheduleEventInput.startsAt': hoursLater(0),
    'RevokeDeviceInput.deviceId': NOTHING,
    'SaveTemplateInput.locale': 'en',
    'SaveTemplateInput.name': 'refund-sent',
    'SkipEventInput.eventId': NOTHING,
    'StartPaymentInput.bookingId': facts.pendingBookingId,
    'SuspendPartnerInput.partnerId': facts.partnerToSuspendId,
    'SuspendUserInput.userId': facts.rivalId,
    'TicketTypeChangeInput.ticketTypeId': NOTHING,
    'TicketTypeInput.capacity': 10,
    'TicketTypeInput.seated': false,
    'TransferTicketInput.ticketId': facts.ticketId,
    'UpdateAddressInput.addressId': facts.addressId,
    'UpdateEventInput.eventId': facts.draftEventId,
    'UpdatePartnerInput.partnerId': facts.partnerToSuspendId,
    'UpdateVenueInput.venueId': facts.otherVenueId,
    'UploadScansInput.eventId': facts.eventId,
    'VerifyPartnerInput.partnerId': facts.partnerToRejectId,
    'WithdrawTransferInput.transferId': NOTHING,
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
