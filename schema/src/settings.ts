import { z } from 'zod'

/** Something that an operator may turn while the platform runs. */
export interface SettingDefinition<Value> {
  /** What it does, with its unit. */
  readonly description: string
  /** What values it takes. */
  readonly shape: z.ZodType<Value>
  /** Said to people whose value was refused. */
  readonly expected: string
  /** In force until an admin changes it. */
  readonly initial: Value
}

const integer = (description: string, min: number, max: number, initial: number): SettingDefinition<number> => ({
  description,
  shape: z.int().min(min).max(max),
  expected: `an integer from ${min} to ${max}`,
  initial,
})

/** Every setting of the platform. The figures are those of the product's domain description, section 5. */
export const SETTINGS = {
  'booking.seatsPerHold': integer('How many tickets one hold may have.', 1, 50, 10),
  'booking.holdsPerBuyer': integer('How many open holds one buyer may have of one event.', 1, 50, 3),
  'booking.holdMinutes': integer('How long a hold lasts, in minutes.', 1, 60, 10),
  'booking.holdMinutesMax': integer('How long a hold may last with extensions, in minutes.', 1, 120, 30),
  'booking.holdExtensionsMax': integer('How often a hold can be extended.', 0, 20, 1),
  'booking.endedHoldDays': integer('How long holds that ended without a booking are kept, in days.', 1, 365, 7),
  'booking.paymentMinutes': integer('How long a booking waits for money, in minutes.', 1, 120, 15),
  'booking.cancellationHours': integer(
    'How many hours before its event a buyer may still cancel a booking.',
    0,
    720,
    24,
  ),
  'booking.bookingsPerSecond': integer(
    'How many bookings of an event that was cancelled or moved are dealt with in a second.',
    1,
    1_000,
    50,
  ),
  'booking.rescheduleRefundDays': integer(
    'How many days whoever bought before an event was moved may have all their money back.',
    1,
    90,
    14,
  ),
  'booking.refundBasisPoints': integer(
    'How much of what was paid a buyer who cancels in time gets back, fees and taxes included, in basis points.',
    0,
    10_000,
    10_000,
  ),
  'booking.feeBasisPoints': integer("The platform's fee on top of a price, in basis points.", 0, 10_000, 0),
  'booking.feeFixedPerTicket': integer(
    'Added to the fee for each ticket that costs something, in minor units.',
    0,
    100_000,
    0,
  ),
  'booking.taxBasisPoints': integer('The tax on top of price and fee together, in basis points.', 0, 10_000, 0),
  'booking.transferHours': integer(
    'How long a ticket that was offered to somebody may be claimed, in hours.',
    1,
    720,
    72,
  ),
  'door.deviceTokenMinutes': integer('How long a token may register a scanner, in minutes.', 1, 10_080, 60),
  'idempotency.hours': integer('How long an idempotency key is remembered, in hours.', 1, 168, 24),
  'partner.commissionBasisPoints': integer(
    "The platform's share of a price unless terms say otherwise, in basis points.",
    0,
    10_000,
    500,
  ),
  'partner.commissionFixedPerTicket': integer(
    'Added for each ticket unless terms say otherwise, in minor units.',
    0,
    100_000,
    0,
  ),
  'payment.refundApprovalLimit': integer(
    'Refunds that staff decide on wait for an admin above this many whole units of their currency.',
    0,
    1_000_000_000,
    1_000,
  ),
  'user.addressesMax': integer('How many addresses a user may keep.', 1, 100, 20),
} as const

/** The key of a setting. */
export type SettingKey = keyof typeof SETTINGS

/** The type of a setting's value. */
export type SettingValue<Key extends SettingKey> = (typeof SETTINGS)[Key]['initial']

/** Whether this text is the key of a setting. */
export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key)
}
