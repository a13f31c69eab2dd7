import { expect, test } from 'vitest'
import { decideClaim, decideTicketChange, type Changeable, type Claimable } from './ticket.rules.ts'

const at = new Date('2027-05-01T18:00:00Z')
const later = (minutes: number) => new Date(at.getTime() + minutes * 60_000)
const ticket: Changeable = { id: 'ticket', status: 'ACTIVE', codeVersion: 1, endsAt: later(60) }
const offer: Claimable = { status: 'OFFERED', fromUserId: 'ada', expiresAt: later(10) }
const change = (facts: Partial<Changeable>, when = at) => decideTicketChange({ ...ticket, ...facts }, when)
const claim = (facts: Partial<Claimable>, userId = 'grace', when = at) =>
  decideClaim({ ...offer, ...facts }, userId, when)

test('a ticket that was used, is worth nothing, or whose event is over stays as it is', () => {
  for (const status of ['USED', 'CANCELLED', 'EXPIRED'] as const)
    expect(change({ status })).toMatchObject({ refusal: 'TicketNotChangeable', facts: { reason: status } })
  expect(change({}, later(60))).toMatchObject({ facts: { reason: 'EXPIRED' } })
  expect(change({}, later(59))).toMatchObject({ ok: true })
})

test('a ticket gets no more versions of its code than a code can name', () => {
  expect(change({ codeVersion: 32_767 })).toMatchObject({ facts: { reason: 'CHANGED_TOO_OFTEN' } })
  expect(change({ codeVersion: 32_766 })).toMatchObject({ ok: true })
})

test('an offer that there is not, is over, or is one’s own, is not claimed', () => {
  expect(decideClaim(null, 'grace', at)).toMatchObject({
    refusal: 'TransferNotClaimable',
    facts: { reason: 'UNKNOWN' },
  })
  for (const status of ['CLAIMED', 'WITHDRAWN'] as const)
    expect(claim({ status })).toMatchObject({ facts: { reason: status } })
  expect(claim({}, 'grace', later(10))).toMatchObject({ facts: { reason: 'EXPIRED' } })
  expect(claim({}, 'ada')).toMatchObject({ facts: { reason: 'OWN' } })
  expect(claim({}, 'grace', later(9))).toMatchObject({ ok: true })
})
