import type { StepOf, Transition } from '../machine.rules.ts'
import { GOOD_STATUSES, OPEN_STATUSES, type PaymentStatus } from './payment.rules.ts'

/** What is published about a payment. */
export type PaymentFact =
  | 'payment.succeeded'
  | 'payment.failed'
  | 'payment.cancelled'
  | 'payment.disputed'
  | 'payment.dispute_closed'

/** Where nothing has gone back, or a part, and no bank has a word in it, or none any more. */
const REFUNDABLE = ['SUCCEEDED', 'PARTIALLY_REFUNDED', 'WON'] as const satisfies readonly PaymentStatus[]

/**
 * All that can happen to an attempt to pay, which begins PENDING. Each row is carried out as one compare-and-set on the
 * state by `movePayment`, which alone writes it; a step that no row has is a mistake of ours and throws.
 */
export const PAYMENT_MACHINE = [
  { from: ['PENDING'], on: 'confirmed', to: 'PROCESSING', emits: [] },
  { from: OPEN_STATUSES, on: 'the provider waits for the payer', to: 'same', emits: [] },
  { from: OPEN_STATUSES, on: 'the bank wants something of the payer', to: 'REQUIRES_ACTION', emits: [] },
  { from: OPEN_STATUSES, on: 'the bank decides', to: 'PROCESSING', emits: [] },
  { from: OPEN_STATUSES, on: 'declined', to: 'FAILED', emits: ['payment.failed'] },
  { from: OPEN_STATUSES, on: 'given up', to: 'CANCELLED', emits: ['payment.cancelled'] },
  {
    from: [...OPEN_STATUSES, 'FAILED', 'CANCELLED'],
    on: 'the money is taken',
    when: 'it pays the booking',
    to: 'SUCCEEDED',
    emits: ['payment.succeeded'],
  },
  {
    from: [...OPEN_STATUSES, 'FAILED', 'CANCELLED'],
    on: 'the money is taken',
    when: 'another pays the booking, or may',
    to: 'SUCCEEDED',
    emits: [],
  },
  { from: REFUNDABLE, on: 'money has gone back', when: 'a part', to: 'PARTIALLY_REFUNDED', emits: [] },
  { from: REFUNDABLE, on: 'money has gone back', when: 'all of it', to: 'REFUNDED', emits: [] },
  {
    from: ['DISPUTED', 'LOST'],
    on: 'money has gone back',
    when: 'a bank has its word in it',
    to: 'same',
    emits: [],
  },
  { from: GOOD_STATUSES, on: 'dispute opened', to: 'DISPUTED', emits: ['payment.disputed'] },
  {
    from: ['DISPUTED'],
    on: 'dispute decided',
    when: 'another is open',
    to: 'same',
    emits: ['payment.dispute_closed'],
  },
  { from: ['DISPUTED'], on: 'dispute decided', when: 'all were won', to: 'WON', emits: ['payment.dispute_closed'] },
  { from: ['DISPUTED'], on: 'dispute decided', when: 'one was lost', to: 'LOST', emits: ['payment.dispute_closed'] },
] as const satisfies readonly Transition<PaymentStatus, PaymentFact>[]

/** A step of an attempt: what happens, and which of its conditions holds. */
export type PaymentStep = StepOf<(typeof PAYMENT_MACHINE)[number]>
