import { accept, refuse } from '@tikitu/runtime/outcome'
import type { PaymentStep } from './payment-machine.rules.ts'

/** Every state of an attempt to pay. */
export const PAYMENT_STATUSES = [
  'PENDING',
  'REQUIRES_ACTION',
  'PROCESSING',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
  'PARTIALLY_REFUNDED',
  'REFUNDED',
  'DISPUTED',
  'WON',
  'LOST',
] as const
/** One of them. */
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number]

/** The attempt may still take money. */
export const OPEN_STATUSES = ['PENDING', 'REQUIRES_ACTION', 'PROCESSING'] as const satisfies readonly PaymentStatus[]
/** The attempt took money, whatever happened to it since. */
export const GOOD_STATUSES = [
  'SUCCEEDED',
  'PARTIALLY_REFUNDED',
  'REFUNDED',
  'DISPUTED',
  'WON',
  'LOST',
] as const satisfies readonly PaymentStatus[]

/** How buyers pay. */
export const PAYMENT_METHODS = ['CARD', 'UPI', 'NET_BANKING', 'WALLET'] as const
/** One of them. */
export type PaymentMethod = (typeof PAYMENT_METHODS)[number]

/** Whether the booking still wants money: OPEN until it is PAID, CANCELLED once booking said so. Late money makes it PAID. */
export const REQUEST_STATUSES = ['OPEN', 'PAID', 'CANCELLED'] as const

/** What a booking asks its buyer for. */
export interface RequestFacts {
  readonly payerId: string
  readonly status: (typeof REQUEST_STATUSES)[number]
  readonly deadline: Date
}

/** Of an attempt, what decides about it. */
export interface PaymentFacts {
  readonly id: string
  readonly payerId: string
  readonly provider: string
  readonly status: PaymentStatus
  /** The provider's name for it; null until the provider has answered. */
  readonly providerRef: string | null
  /** The sandbox instrument it was confirmed with. */
  readonly instrument: string | null
  /** What the provider was last heard to say while the attempt was open; null until it has answered. */
  readonly providerState: ProviderState | null
}

/** What an attempt that is open waits for, at its provider: see `Intent.state`. */
export const PROVIDER_STATES = ['open', 'action', 'processing', 'authorized'] as const
/** One of them. */
export type ProviderState = (typeof PROVIDER_STATES)[number]

/** Whether money is taken as soon as the buyer's bank agrees, or held until we have looked again. */
export const CAPTURES = ['automatic', 'manual'] as const

/** Whether the attempt may still take money. */
export function isOpen(status: PaymentStatus): boolean {
  return OPEN_STATUSES.some((open) => open === status)
}

/** Whether the attempt took money, whatever happened to it since. */
export function isGood(status: PaymentStatus): boolean {
  return GOOD_STATUSES.some((good) => good === status)
}

/** Who wants to pay what, when. */
export interface Start {
  readonly bookingId: string
  readonly payerId: string
  readonly at: Date
}

/**
 * May this caller begin to pay now, and with which attempt: the `live` one, which is open or good, or a new one (null)?
 * A booking of somebody else does not exist for the caller.
 */
export function decideStart<Request extends RequestFacts, Payment extends PaymentFacts>(
  request: Request | null,
  live: Payment | null,
  { bookingId, payerId, at }: Start,
) {
  if (request?.payerId === payerId) {
    if (live && isGood(live.status)) {
      return refuse('BookingAlreadyPaid', 'This booking is paid.', { paymentId: live.id })
    }
    if (request.status === 'OPEN') {
      if (at < request.deadline) return accept({ request, live })
      return refuse('PaymentDeadlinePassed', 'The time to pay this booking is over.', { deadline: request.deadline })
    }
  }
  return refuse('BookingNotPayable', 'There is no booking of yours here that waits for money.', { bookingId })
}

/** Who wants to confirm which attempt with what, when. */
export interface Confirm {
  readonly paymentId: string
  readonly payerId: string
  readonly instrument: string
  /** Those that there are. */
  readonly instruments: readonly string[]
  readonly at: Date
}

/**
 * May this attempt take money from this instrument now? `repeated` means that it was confirmed with it before.
 * Once booking asked to stop, or the deadline is over, no new money is taken; what was taken stays as it is.
 */
export function decideConfirm(
  payment: PaymentFacts | null,
  request: RequestFacts | null,
  { paymentId, payerId, instrument, instruments, at }: Confirm,
) {
  if (!payment || !request || payment.payerId !== payerId) {
    return refuse('PaymentNotFound', 'There is no such payment of yours.', { paymentId })
  }
  if (payment.provider !== 'sandbox') {
    return refuse('ProviderNotSandbox', "Confirm this payment with the provider's own client library.", {
      provider: payment.provider,
    })
  }
  if (!instruments.includes(instrument)) {
    return refuse('InstrumentUnknown', 'The sandbox has no such instrument.', { instruments })
  }
  if (payment.status === 'CANCELLED') return notOpen('CANCELLED')
  if (payment.instrument === instrument) return accept({ repeated: true })
  if (payment.status !== 'PENDING') return notOpen(payment.status)
  if (request.status !== 'OPEN') return notOpen('CANCELLED')
  if (at >= request.deadline) {
    return refuse('PaymentNotOpen', 'The time to pay this booking is over.', { status: payment.status })
  }
  return accept({ repeated: false })
}

/** What the buyer is told about an attempt after it was confirmed: the attempt, unless booking stopped it on the way. */
export function answerConfirm<Payment extends { readonly status: PaymentStatus }>(payment: Payment) {
  return payment.status === 'CANCELLED' ? notOpen(payment.status) : accept(payment)
}

function notOpen(status: PaymentStatus) {
  return refuse('PaymentNotOpen', 'This payment cannot be confirmed any more.', { status })
}

/** What has to be asked of the provider next. `wait`: nothing until the buyer acts. `done`: nothing ever again. */
export type NextStep = 'create' | 'confirm' | 'capture' | 'cancel' | 'wait' | 'done'

/**
 * What comes next for an attempt, from what is written down and nothing else: whoever reads it after a crash, however
 * often, asks the provider the same thing under the same key.
 */
export function decideNextStep(payment: PaymentFacts, request: Pick<RequestFacts, 'status'>): NextStep {
  if (!isOpen(payment.status)) return 'done'
  // First of all: an attempt may exist at the provider although its answer never came, and without its name it cannot be cancelled.
  if (payment.providerRef === null) return 'create'
  // While the buyer's bank decides, nobody can stop it.
  if (request.status === 'CANCELLED') return payment.providerState === 'processing' ? 'wait' : 'cancel'
  if (payment.providerState === 'authorized') return 'capture'
  return payment.instrument === null || payment.providerState !== 'open' ? 'wait' : 'confirm'
}

/** What happens to an attempt that the provider says is still open, and what is remembered of it. */
export function stepWhileOpen(
  { providerState }: Pick<PaymentFacts, 'providerState'>,
  said: ProviderState,
): { readonly step: PaymentStep; readonly providerState: ProviderState } {
  // It goes one way: an answer that says less than we know was given before.
  if (said === 'open')
    return { step: { on: 'the provider waits for the payer' }, providerState: providerState ?? 'open' }
  const on = said === 'action' ? 'the bank wants something of the payer' : 'the bank decides'
  return { step: { on }, providerState: said }
}

/** What the provider says about an attempt, and what that makes of it. */
export type Settlement = 'nothing' | 'capture' | 'surplus' | 'fail' | 'cancel'

/**
 * What the provider's truth means for an attempt. Money that was taken is never denied: also for an attempt that was
 * given up it is a capture, or a surplus when another attempt has paid the booking or is about to.
 */
export function decideSettlement(
  payment: Pick<PaymentFacts, 'status'>,
  intent: { readonly state: ProviderState | 'succeeded' | 'failed' | 'cancelled' },
  anotherIsLive: boolean,
): Settlement {
  if (isGood(payment.status)) return 'nothing'
  if (intent.state === 'succeeded') return anotherIsLive ? 'surplus' : 'capture'
  if (!isOpen(payment.status)) return 'nothing'
  if (intent.state === 'failed') return 'fail'
  return intent.state === 'cancelled' ? 'cancel' : 'nothing'
}

/** The first pause before an attempt that stands still is looked at again, in seconds. Every next one is twice as long. */
const CHECK_SECONDS = 10
/** The longest pause, in seconds. */
const CHECK_SECONDS_MAX = 300

/** When to look again at what the provider has not decided, after so many looks. */
export function nextCheckAt(at: Date, checks: number): Date {
  return new Date(at.getTime() + Math.min(CHECK_SECONDS * 2 ** checks, CHECK_SECONDS_MAX) * 1_000)
}
