import { beforeAll, describe, expect, it } from 'vitest'
import { aMachine, anAdmin, aService, aUser, nobody, type TestService } from '@tikitu/runtime/testing'
import { aPartner, aPendingPartner, decide, partnerService } from '../../test/build.ts'

let service: TestService
beforeAll(async () => {
  service = await partnerService()
})

const ask = (subject: string, identity = aService()) =>
  service.get(identity, `/internal/principal?subject=${encodeURIComponent(subject)}`)

describe('what the gateway asks about a principal', () => {
  it('is told to our own services only', async () => {
    const { owner, id, machine } = await aPartner(service)
    expect((await service.get(null, `/internal/principal?subject=${owner.subject}`)).status).toBe(401)
    for (const identity of [nobody(), aUser(), owner, machine, anAdmin(), aMachine(id, [])]) {
      const { status, body } = await ask(owner.subject, identity)
      expect(status).toBe(403)
      expect(JSON.stringify(body)).not.toContain(id)
    }
  })

  it.each([
    ['', ''],
    ['empty', '?subject='],
    ['endless', `?subject=${'x'.repeat(129)}`],
    ['NUL', '?subject=a%00b'],
    ['twice', '?subject=a&subject=b'],
  ])('must be a subject: %s', async (_what, query) => {
    const { status, body } = await service.get(aService(), `/internal/principal${query}`)
    expect(status).toBe(400)
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT', field: 'query.subject' } }] })
  })

  it('is nothing about a subject that nobody has, SQL included', async () => {
    for (const subject of ['unknown', "' or '1'='1"]) {
      expect((await ask(subject)).status).toBe(404)
    }
  })

  it('is the role at each partner, from the moment of registration', async () => {
    const partner = await aPendingPartner(service)
    for (const [identity, role] of [
      [partner.owner, 'OWNER'],
      [partner.manager, 'MANAGER'],
      [partner.scanner, 'SCANNER'],
      [partner.machine, 'MACHINE'],
    ] as const) {
      expect((await ask(identity.subject)).body).toEqual({ partners: [{ partnerId: partner.id, role }] })
    }
  })

  it('leaves out rejected partners, and keeps suspended ones', async () => {
    const rejected = await aPendingPartner(service)
    await decide(service, 'reject', rejected.id)
    const suspended = await aPartner(service)
    await decide(service, 'suspend', suspended.id)
    expect((await ask(rejected.owner.subject)).status).toBe(404)
    expect((await ask(rejected.machine.subject)).status).toBe(404)
    expect((await ask(suspended.owner.subject)).body).toEqual({
      partners: [{ partnerId: suspended.id, role: 'OWNER' }],
    })
  })
})
