import { describe, expect, it } from 'vitest'
import { Fault } from './fault.ts'
import {
  IDENTITY_SECONDS,
  isAdmin,
  mayActFor,
  requireAdmin,
  requireUserId,
  signIdentity,
  verifyIdentity,
  worksFor,
} from './identity.ts'
import { newId } from './ids.ts'
import { aMachine, anAdmin, aPartnerUser, aService, aStranger, aUser, nobody } from './testing/identities.ts'

const SECRET = 'a secret for these tests, long enough'

describe('a signed identity', () => {
  it('comes out as it went in', () => {
    for (const identity of [nobody(), aUser(), aMachine(newId(), ['tikitu/events.read']), aService(), anAdmin()]) {
      expect(verifyIdentity(signIdentity(identity, SECRET), SECRET, identity.requestId)).toEqual(identity)
    }
  })

  it('is refused when it is missing, changed, signed by somebody else, or old', () => {
    const signed = signIdentity(aUser(), SECRET)
    const [body, signature] = signed.split('.')
    const forged = Buffer.from(JSON.stringify({ ...anAdmin(), exp: 9_999_999_999 })).toString('base64url')
    const attempts = [
      undefined,
      '',
      '.',
      'nonsense',
      body,
      `${body}.`,
      `${forged}.${signature}`,
      `${body}.${signature}x`,
      `${signed}.more`,
      signIdentity(aUser(), `${SECRET}!`),
    ]
    for (const attempt of attempts) {
      expect(() => verifyIdentity(attempt, SECRET, 'a-request'), String(attempt)).toThrow(
        expect.objectContaining({ code: 'UNAUTHENTICATED' }),
      )
    }
    const now = 1_800_000_000
    const fresh = signIdentity(aUser(), SECRET, now)
    expect(() => verifyIdentity(fresh, SECRET, 'a-request', now + IDENTITY_SECONDS - 1)).not.toThrow()
    expect(() => verifyIdentity(fresh, SECRET, 'a-request', now + IDENTITY_SECONDS)).toThrow(Fault)
  })
})

describe('who may do what', () => {
  it('asks people to sign in, to register, or to wait, whichever helps', () => {
    const user = aUser()
    expect(requireUserId(user)).toBe(user.userId)
    expect(() => requireUserId(nobody())).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }))
    expect(() => requireUserId(aStranger())).toThrow(/registerUser/)
    expect(() => requireUserId(aStranger({ incomplete: true }))).toThrow(
      expect.objectContaining({ code: 'UNAVAILABLE' }),
    )
    expect(() => requireUserId(aMachine(newId(), []))).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
  })

  it('goes by an admin’s role, and a super admin has them all', () => {
    expect(isAdmin(anAdmin('SUPER_ADMIN'), 'FINANCE')).toBe(true)
    expect(isAdmin(anAdmin('SUPPORT'), 'FINANCE')).toBe(false)
    expect(isAdmin(anAdmin('SUPPORT'))).toBe(true)
    expect(isAdmin(aUser())).toBe(false)
    expect(() => requireAdmin(anAdmin('SUPPORT'), 'FINANCE')).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
    expect(() => requireAdmin(nobody())).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }))
  })

  it('goes by a member’s role at that partner, and by a machine’s scopes', () => {
    const [mine, other] = [newId(), newId()]
    expect(worksFor(aPartnerUser(mine, 'SCANNER'), mine)).toBe(true)
    expect(worksFor(aPartnerUser(mine, 'SCANNER'), mine, 'OWNER', 'MANAGER')).toBe(false)
    expect(worksFor(aPartnerUser(mine), other)).toBe(false)
    const roles = ['OWNER', 'MANAGER'] as const
    expect(mayActFor(aMachine(mine, ['tikitu/events.write']), mine, roles, 'tikitu/events.write')).toBe(true)
    expect(mayActFor(aMachine(mine, ['tikitu/events.read']), mine, roles, 'tikitu/events.write')).toBe(false)
    expect(mayActFor(aMachine(mine, ['tikitu/events.write']), other, roles, 'tikitu/events.write')).toBe(false)
    expect(mayActFor(aPartnerUser(mine, 'SCANNER'), mine, roles, 'tikitu/events.write')).toBe(false)
  })
})
