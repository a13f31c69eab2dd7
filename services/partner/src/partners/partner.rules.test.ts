import { describe, expect, it } from 'vitest'
import { termsDiffer, termsOnVerification, TRANSITIONS, type Decision, type PartnerStatus } from './partner.rules.ts'

describe('the decisions of an admin', () => {
  const everything: Record<Decision, Record<PartnerStatus, PartnerStatus | 'refused'>> = {
    verify: { PENDING: 'VERIFIED', VERIFIED: 'refused', REJECTED: 'refused', SUSPENDED: 'VERIFIED' },
    reject: { PENDING: 'REJECTED', VERIFIED: 'refused', REJECTED: 'refused', SUSPENDED: 'refused' },
    suspend: { PENDING: 'refused', VERIFIED: 'SUSPENDED', REJECTED: 'refused', SUSPENDED: 'refused' },
  }

  for (const [decision, row] of Object.entries(everything) as [Decision, Record<PartnerStatus, string>][]) {
    it.each(Object.entries(row) as [PartnerStatus, string][])(`to ${decision} a %s partner: %s`, (status, expected) => {
      const { from, to } = TRANSITIONS[decision]
      expect(from.includes(status) ? to : 'refused').toBe(expected)
    })
  }
})

describe('the terms of a partner that is verified', () => {
  const initial = { basisPoints: 500, fixedPerTicket: 0 }
  const current = { basisPoints: 300, fixedPerTicket: 20 }

  it('are the default ones when nothing is said', () => {
    expect(termsOnVerification({}, undefined, initial)).toEqual(initial)
  })

  it('stay what they were when a suspended partner returns and nothing is said', () => {
    expect(termsOnVerification({ basisPoints: null, fixedPerTicket: undefined }, current, initial)).toEqual(current)
  })

  it('take what is said, even nothing at all for a sale', () => {
    expect(termsOnVerification({ basisPoints: 0 }, current, initial)).toEqual({ basisPoints: 0, fixedPerTicket: 20 })
    expect(termsOnVerification({ fixedPerTicket: 0 }, current, initial)).toEqual({
      basisPoints: 300,
      fixedPerTicket: 0,
    })
  })

  it('are new when either part is', () => {
    expect(termsDiffer(current, undefined)).toBe(true)
    expect(termsDiffer(current, { ...current })).toBe(false)
    expect(termsDiffer(current, { ...current, basisPoints: 301 })).toBe(true)
    expect(termsDiffer(current, { ...current, fixedPerTicket: 21 })).toBe(true)
  })
})
