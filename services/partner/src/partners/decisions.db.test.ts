import { beforeAll, describe, expect, it } from 'vitest'
import { anAdmin, type TestService } from '@tikitu/runtime/testing'
import { SettingChanged } from '@tikitu/schema/events/admin'
import { aPartner, aPendingPartner, decide, partnerService } from '../../test/build.ts'

let service: TestService
beforeAll(async () => {
  service = await partnerService()
})

const VERIFY = `mutation ($input: VerifyPartnerInput!) {
  answer: verifyPartner(input: $input) {
    __typename
    ... on Partner { status commissionTerms { basisPoints fixedPerTicket effectiveFrom } }
    ... on PartnerNotFound { partnerId }
    ... on PartnerNotInState { status }
  }
}`
const REJECT = 'mutation ($input: RejectPartnerInput!) { answer: rejectPartner(input: $input) { __typename } }'
const SUSPEND = 'mutation ($input: SuspendPartnerInput!) { answer: suspendPartner(input: $input) { __typename } }'

describe('verifying, rejecting and suspending', () => {
  it.each([
    ['commissionBasisPoints', { commissionBasisPoints: 10_001 }],
    ['commissionBasisPoints', { commissionBasisPoints: -1 }],
    ['commissionFixedPerTicket', { commissionFixedPerTicket: -1 }],
  ])('refuses a bad %s', async (field, facts) => {
    const { id } = await aPendingPartner(service)
    const { errors } = await service.graph(anAdmin('SUPPORT'), VERIFY, { input: { partnerId: id, ...facts } })
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: `input.${field}` })
  })

  it.each([
    ['reason', { reason: ' ' }],
    ['reason', { reason: 'x'.repeat(501) }],
    ['reason', { reason: 'a\u0000' }],
  ])('wants a %s that can be told to the partner', async (field, facts) => {
    const { id } = await aPendingPartner(service)
    const { errors } = await service.graph(anAdmin('SUPPORT'), REJECT, { input: { partnerId: id, ...facts } })
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: `input.${field}` })
  })

  it('happens in the order of the states only, and says where the partner stands', async () => {
    const { id } = await aPendingPartner(service)
    expect(await decide(service, 'suspend', id)).toMatchObject({ __typename: 'PartnerNotInState', status: 'PENDING' })
    expect(await decide(service, 'verify', id)).toMatchObject({ __typename: 'Partner', status: 'VERIFIED' })
    expect(await decide(service, 'verify', id)).toMatchObject({ __typename: 'PartnerNotInState', status: 'VERIFIED' })
    expect(await decide(service, 'reject', id)).toMatchObject({ __typename: 'PartnerNotInState', status: 'VERIFIED' })
    expect(await decide(service, 'suspend', id)).toMatchObject({ __typename: 'Partner', status: 'SUSPENDED' })
    expect(await decide(service, 'verify', id)).toMatchObject({ __typename: 'Partner', status: 'VERIFIED' })
    const rejected = await aPendingPartner(service)
    expect(await decide(service, 'reject', rejected.id)).toMatchObject({ __typename: 'Partner', status: 'REJECTED' })
    expect(await decide(service, 'verify', rejected.id)).toMatchObject({
      __typename: 'PartnerNotInState',
      status: 'REJECTED',
    })
  })

  it('is told to the others and written to the audit log', async () => {
    const { id, owner } = await aPendingPartner(service, 'Audited')
    const admin = anAdmin('SUPPORT')
    await service.graph(admin, VERIFY, { input: { partnerId: id, commissionBasisPoints: 250 } })
    await service.graph(admin, SUSPEND, { input: { partnerId: id, reason: 'Complaints' } })
    const published = (await service.published()).filter(({ data }) => JSON.stringify(data).includes(id))
    expect(published.map(({ type }) => type)).toEqual([
      'partner.registered',
      'partner.verified',
      'audit.recorded',
      'partner.suspended',
      'audit.recorded',
    ])
    const [, verified, audited, suspended] = published.map(({ data }) => data)
    expect(verified).toMatchObject({
      partnerId: id,
      ownerId: owner.userId,
      companyName: 'Audited',
      commission: { basisPoints: 250, fixedPerTicket: 0 },
    })
    expect(audited).toMatchObject({
      actor: { kind: 'USER', id: admin.userId },
      action: 'verifyPartner',
      resource: { type: 'Partner', id },
      before: { status: 'PENDING' },
      after: { status: 'VERIFIED', commission: { basisPoints: 250, fixedPerTicket: 0 } },
      requestId: admin.requestId,
      ip: '127.0.0.1',
    })
    expect(suspended).toMatchObject({ partnerId: id, reason: 'Complaints' })
  })

  it('gives the default terms of the moment, and keeps the terms of a partner that returns', async () => {
    const before = await aPartner(service)
    const at = new Date().toISOString()
    await service.deliver(SettingChanged, { key: 'partner.commissionBasisPoints', value: 700, version: 1, at })
    await expect.poll(() => service.service.settings.get('partner.commissionBasisPoints')).toBe(700)
    const after = await aPartner(service)
    await decide(service, 'suspend', before.id)
    const returning = await service.graph(anAdmin('SUPPORT'), VERIFY, { input: { partnerId: before.id } })
    expect(returning.data.answer.commissionTerms).toMatchObject([{ basisPoints: 500, fixedPerTicket: 0 }])
    await decide(service, 'suspend', before.id)
    const dearer = await service.graph(anAdmin(), VERIFY, {
      input: { partnerId: before.id, commissionBasisPoints: 900 },
    })
    expect(dearer.data.answer.commissionTerms).toMatchObject([{ basisPoints: 900 }, { basisPoints: 500 }])
    const { rows } = await service.database.pool.query(
      'select basis_points from commission_terms where partner_id = $1',
      [after.id],
    )
    expect(rows).toEqual([{ basis_points: 700 }])
  })

  it('of one partner by forty admins at once takes turns: every move that was made is told, in its order', async () => {
    const { id } = await aPartner(service)
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => decide(service, index % 2 === 0 ? 'suspend' : 'verify', id)),
    )
    const moves = answers.filter((answer) => answer.__typename === 'Partner').length
    const told = (await service.published())
      .filter(({ type, data }) => type !== 'audit.recorded' && data['partnerId'] === id)
      .map(({ type }) => type)
      .slice(2)
    expect(moves).toBeGreaterThan(0)
    expect(told).toEqual(
      Array.from({ length: moves }, (_, index) => (index % 2 === 0 ? 'partner.suspended' : 'partner.verified')),
    )
    const audits = (await service.published('audit.recorded')).filter(({ data }) => JSON.stringify(data).includes(id))
    expect(audits).toHaveLength(moves + 1)
    const { rows } = await service.database.pool.query('select status from partners where id = $1', [id])
    expect(rows).toEqual([{ status: moves % 2 === 1 ? 'SUSPENDED' : 'VERIFIED' }])
  })
})
