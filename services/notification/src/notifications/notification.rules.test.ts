import { describe, expect, it } from 'vitest'
import { bestByLocale, localesFor, readableMoney } from './notification.rules.ts'

describe('the language of a notification', () => {
  it('is the recipient’s, then its parent, then English', () => {
    expect(localesFor('de-AT')).toEqual(['de-AT', 'de', 'en'])
    expect(localesFor('en')).toEqual(['en'])
    const templates = [{ locale: 'en' }, { locale: 'de' }]
    expect(bestByLocale(templates, localesFor('de-AT'))).toEqual({ locale: 'de' })
    expect(bestByLocale(templates, localesFor('fr'))).toEqual({ locale: 'en' })
    expect(bestByLocale([], localesFor('fr'))).toBeNull()
  })

  it('writes money with the digits of its currency', () => {
    expect(readableMoney({ amount: 1250, currency: 'EUR' }, 'en')).toBe('€12.50')
    expect(readableMoney({ amount: 1250, currency: 'JPY' }, 'en')).toBe('¥1,250')
    expect(readableMoney({ amount: 1250, currency: 'KWD' }, 'en')).toMatch(/^KWD\s1\.250$/)
    expect(readableMoney(null, 'en')).toBeNull()
  })
})
