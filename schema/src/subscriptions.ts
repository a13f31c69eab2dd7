import { AuditRecorded, SettingChanged } from './events/admin.ts'
import {
  BookingCancelled,
  BookingConfirmed,
  BookingExpired,
  BookingHeld,
  BookingPaymentCancelRequested,
  BookingPaymentRequested,
  BookingRefundRequested,
  BookingRescheduled,
  EventCancelled,
  EventCompleted,
  TicketTransferred,
  TicketUsed,
} from './events/booking.ts'
import type { EventType } from './events/define.ts'
import {
  PartnerRegistered,
  PartnerRejected,
  PartnerSuspended,
  PartnerVerified,
  SeatingPlanPublished,
  VenuePublished,
} from './events/partner.ts'
import {
  PaymentCancelled,
  PaymentDisputeClosed,
  PaymentDisputed,
  PaymentFailed,
  PaymentSucceeded,
  RefundFailed,
  RefundRejected,
  RefundSucceeded,
} from './events/payment.ts'
import { UserRegistered, UserStatusChanged, UserUpdated } from './events/user.ts'
import type { ServiceName } from './services.ts'

const names = (...events: { readonly type: EventType['type'] }[]) => events.map((event) => event.type)

/**
 * Which service consumes which events. The relay routes by this table, and a service refuses to start
 * when its handlers differ from its row.
 */
export const SUBSCRIPTIONS: Readonly<Record<ServiceName, readonly string[]>> = {
  admin: names(
    AuditRecorded,
    UserRegistered,
    PartnerRegistered,
    PartnerVerified,
    BookingHeld,
    BookingConfirmed,
    BookingExpired,
    BookingCancelled,
    TicketUsed,
    PaymentSucceeded,
    PaymentFailed,
    RefundSucceeded,
  ),
  partner: names(SettingChanged),
  payment: names(
    BookingPaymentRequested,
    BookingPaymentCancelRequested,
    BookingRefundRequested,
    EventCancelled,
    EventCompleted,
    SettingChanged,
  ),
  notification: names(
    UserRegistered,
    UserUpdated,
    UserStatusChanged,
    PartnerVerified,
    BookingConfirmed,
    BookingCancelled,
    BookingExpired,
    BookingRescheduled,
    TicketTransferred,
    PaymentFailed,
    RefundSucceeded,
    SettingChanged,
  ),
  booking: names(
    PartnerVerified,
    PartnerSuspended,
    PartnerRejected,
    VenuePublished,
    SeatingPlanPublished,
    PaymentSucceeded,
    PaymentFailed,
    PaymentCancelled,
    RefundSucceeded,
    RefundFailed,
    RefundRejected,
    PaymentDisputed,
    PaymentDisputeClosed,
    SettingChanged,
  ),
  user: names(BookingPaymentRequested, BookingConfirmed, SettingChanged),
}

/**
 * The consumers for whose work nobody waits: who counts, files, or writes mails may hear of things some tenths of a second
 * later, many at once. In the others a buyer waits for the next step of a purchase.
 */
export const PATIENT_CONSUMERS: readonly ServiceName[] = ['admin', 'notification', 'user']
