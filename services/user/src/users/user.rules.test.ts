import { fc } from '@tikitu/runtime/testing/properties'
import { describe, expect, it } from 'vitest'
import { contactChanged, isBirthDate, mayRead, newestSaid, viewFor, type Contact, type Said } from './user.rules.ts'

describe('who may see a user', () => {
  it.each([
    [{ isSelf: false, isAdmin: false, isTheirPartner: false }, 'NOTHING'],
    [{ isSelf: false, isAdmin: false, isTheirPartner: true }, 'CONTACT'],
    [{ isSelf: true, isAdmin: false, isTheirPartner: false }, 'ALL'],
    [{ isSelf: false, isAdmin: true, isTheirPartner: false }, 'ALL'],
    [{ isSelf: true, isAdmin: true, isTheirPartner: true }, 'ALL'],
  ])('%j sees %s', (asker, view) => {
    expect(viewFor(asker)).toBe(view)
  })

  it('a field that nobody thought of is private', () => {
    expect(mayRead('CONTACT', 'aFieldOfTomorrow')).toBe(false)
    expect(mayRead('NOTHING', 'id')).toBe(false)
    expect(mayRead('ALL', 'aFieldOfTomorrow')).toBe(true)
  })

  it('a partner reads name and e-mail address, and nothing else', () => {
    const fields = [
      'id',
      'email',
      'firstName',
      'lastName',
      'phone',
      'dateOfBirth',
      'avatarUrl',
      'bio',
      'status',
      'addresses',
    ]
    expect(fields.filter((field) => mayRead('CONTACT', field))).toEqual(['id', 'email', 'firstName', 'lastName'])
  })
})

describe('a date of birth', () => {
  const at = new Date('2027-05-01T12:00:00Z')

  it.each(['1899-12-31', '0001-01-01', '2027-05-01', '2027-05-02', '9999-12-31'])('cannot be %s', (date) => {
    expect(isBirthDate(date, at)).toBe(false)
  })

  it.each(['1900-01-01', '1990-12-31', '2027-04-30'])('can be %s', (date) => {
    expect(isBirthDate(date, at)).toBe(true)
  })
})

describe('what Cognito said last', () => {
  const said = (email: string, second: number) => ({ email, isEmailVerified: true, claimsAt: new Date(second * 1000) })

  it('is believed in whatever order it comes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { minLength: 1 }), (seconds) => {
        const told: Said[] = seconds.map((second) => said(`${second}@example.com`, second))
        const last = told.reduce((known, next) => newestSaid(known, next))
        expect(last.email).toBe(`${Math.max(...seconds)}@example.com`)
      }),
    )
  })
})

describe('the copies that other services keep', () => {
  const contact: Contact = { email: 'a@b.example', firstName: 'A', lastName: null, language: 'en', timezone: 'UTC' }

  it('are out of date when any part of them has changed', () => {
    expect(contactChanged(contact, { ...contact })).toBe(false)
    for (const field of Object.keys(contact)) {
      expect(contactChanged(contact, { ...contact, [field]: 'other' }), field).toBe(true)
    }
  })
})
