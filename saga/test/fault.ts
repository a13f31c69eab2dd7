import { beforeAll, expect, test } from 'vitest'
import { comesToRest, openSystem, type System, type SystemFacts } from './system.ts'

/** Every fault that a purchase survives, by the numbers and names of ARCHITECTURE.md. */
export const FAULTS = {
  1: 'duplicate webhook',
  2: 'webhook before the API’s answer',
  3: 'webhook never comes',
  4: 'webhooks out of order',
  5: 'forged, old or re-serialised webhook',
  6: 'crash between charge and commit',
  7: 'crash between commit and publish',
  8: 'crash between handling and acknowledging',
  9: 'relay publishes twice',
  10: 'an event before its predecessor',
  11: 'a poison message',
  12: 'a flaky handler, then redrive in order',
  13: 'hold expires during 3-D Secure',
  14: 'paid after expiry, seat free',
  15: 'paid after expiry, seat resold',
  16: 'cancel races success',
  17: 'two checkouts of one hold',
  18: 'refund requested twice',
  19: 'partial refunds beyond the capture',
  20: 'refund fails or hangs',
  21: 'event cancelled while PENDING, CONFIRMED, CANCELLING',
  22: 'buyer and event cancel together',
  23: 'scanned, then refund requested',
  24: 'provider timeout with unknown outcome',
  25: 'provider down, breaker open',
  26: 'clock skew between instances',
  27: 'timer late or process down at expiry',
  28: 'broker or Postgres restart',
  29: 'one service restored to a point in time',
  30: 'dispute after payout',
  31: 'same idempotency key, other parameters',
} as const

/** The number of a fault. */
export type FaultNumber = keyof typeof FAULTS

/** Tests of faults over one system. After each, everything comes to rest and money and tickets must agree. */
export function faultsOf(facts: SystemFacts = {}) {
  let system: System | undefined
  const theSystem = () => {
    if (!system) throw new Error('the system is not open yet')
    return system
  }
  beforeAll(async () => {
    system = await openSystem(facts)
  })
  return {
    /** A test under the name of the fault; `variant` tells several of one fault apart. */
    fault(no: FaultNumber, happens: (system: System) => Promise<void>, variant?: string) {
      test(`${no} ${FAULTS[no]}${variant ? `: ${variant}` : ''}`, async () => {
        const failure = await happens(theSystem()).then(
          () => null,
          (error: unknown) => ({ error }),
        )
        // Also after a failure, or the next fault would be met by a system that is still disturbed by this one.
        const rest = comesToRest(theSystem())
        if (failure) await rest.catch(() => undefined)
        if (failure) throw failure.error
        expect(await rest).toEqual([])
      })
    },
  }
}
