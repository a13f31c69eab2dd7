import type { StepOf, Transition } from '../machine.rules.ts'
import type { RefundStatus } from './refund.rules.ts'

/** What is published about a refund. */
export type RefundFact = 'refund.succeeded' | 'refund.failed' | 'refund.rejected'

/**
 * All that can happen to a refund, which begins REQUESTED. Each row is carried out as one compare-and-set on the state by
 * `moveRefund`, which alone writes it; a step that no row has is a mistake of ours and throws.
 */
export const REFUND_MACHINE = [
  {
    from: ['REQUESTED', 'MANUAL_REVIEW'],
    on: 'its money is promised',
    when: 'it waits for nobody',
    to: 'REQUESTED',
    emits: [],
  },
  {
    from: ['REQUESTED'],
    on: 'its money is promised',
    when: 'somebody has to approve',
    to: 'AWAITING_APPROVAL',
    emits: [],
  },
  { from: ['REQUESTED'], on: 'there is not as much', to: 'MANUAL_REVIEW', emits: ['refund.failed'] },
  { from: ['AWAITING_APPROVAL'], on: 'approved', to: 'REQUESTED', emits: [] },
  { from: ['AWAITING_APPROVAL'], on: 'rejected', when: 'goodwill', to: 'REJECTED', emits: ['refund.rejected'] },
  { from: ['AWAITING_APPROVAL'], on: 'rejected', when: 'owed', to: 'MANUAL_REVIEW', emits: ['refund.failed'] },
  { from: ['REQUESTED', 'FAILED', 'PROCESSING'], on: 'the provider is asked', to: 'PROCESSING', emits: [] },
  { from: ['PROCESSING'], on: 'it is on its way', to: 'same', emits: [] },
  { from: ['PROCESSING'], on: 'paid', to: 'SUCCEEDED', emits: ['refund.succeeded'] },
  { from: ['PROCESSING'], on: 'refused', when: 'not for the last time', to: 'FAILED', emits: [] },
  { from: ['PROCESSING'], on: 'refused', when: 'for the last time', to: 'MANUAL_REVIEW', emits: ['refund.failed'] },
  { from: ['MANUAL_REVIEW'], on: 'tried again', when: 'never asked for', to: 'REQUESTED', emits: [] },
  { from: ['MANUAL_REVIEW'], on: 'tried again', when: 'refused before', to: 'FAILED', emits: [] },
  // REQUESTED for the moment in which the money of what was too much before is promised.
  { from: ['MANUAL_REVIEW', 'REQUESTED'], on: 'paid by hand', to: 'SUCCEEDED', emits: ['refund.succeeded'] },
  {
    from: ['REQUESTED', 'AWAITING_APPROVAL', 'FAILED', 'MANUAL_REVIEW'],
    on: 'a bank has paid it, by a dispute',
    to: 'SUCCEEDED',
    emits: ['refund.succeeded'],
  },
  {
    from: ['REQUESTED', 'AWAITING_APPROVAL', 'FAILED', 'MANUAL_REVIEW'],
    on: 'a bank has paid a part of it, by a dispute',
    to: 'MANUAL_REVIEW',
    emits: ['refund.failed'],
  },
] as const satisfies readonly Transition<RefundStatus, RefundFact>[]

/** A step of a refund: what happens, and which of its conditions holds. */
export type RefundStep = StepOf<(typeof REFUND_MACHINE)[number]>
