import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  country,
  currencyCode,
  email,
  httpsUrl,
  idempotencyKey,
  language,
  phone,
  text,
  timezone,
  validInput,
} from './validate.ts'

const fits = (shape: z.ZodType, value: unknown) => shape.safeParse(value).success

describe('what clients send', () => {
  it('is refused by the name of the field, as they wrote it', () => {
    const shape = z.object({ people: z.array(z.object({ email })) })
    expect(() => validInput(shape, { people: [{ email: 'ada@example.com' }, { email: 'ada' }] })).toThrow(
      expect.objectContaining({
        code: 'BAD_USER_INPUT',
        message: 'input.people[1].email: must be an e-mail address',
        details: { field: 'input.people[1].email' },
      }),
    )
  })

  it('may be any text that can be stored and shown', () => {
    const name = text(1, 20)
    expect(name.parse("  Robert'); drop table students;-- ".slice(0, 20))).toBe("Robert'); drop tab")
    expect(fits(name, 'Zoë 🎟️')).toBe(true)
    for (const bad of ['', '   ', 'x'.repeat(21), 'a\u0000b', 'a\u0007b', '\ud800'])
      expect(fits(name, bad), JSON.stringify(bad)).toBe(false)
  })

  it('must be what it claims to be', () => {
    const cases: [z.ZodType, string[], string[]][] = [
      [phone, ['+442079460958'], ['02079460958', '+0', '+44 20 7946 0958']],
      [country, ['GB', 'DE'], ['gb', 'ZZ', 'XX1', 'England']],
      [timezone, ['Europe/London', 'UTC'], ['Europe/Nowhere', '', 'x'.repeat(100)]],
      [currencyCode, ['EUR', 'JPY'], ['EURO', 'eur', 'XYZ']],
      [language, ['en', 'de-AT'], ['', 'x_y', 'english please']],
      [httpsUrl, ['https://example.com/a.png'], ['http://example.com', 'javascript:alert(1)', 'nonsense']],
      [idempotencyKey, ['12345678'], ['short', 'with space in it', 'x'.repeat(101), 'tab\tinside']],
    ]
    for (const [shape, good, bad] of cases) {
      for (const value of good) expect(fits(shape, value), value).toBe(true)
      for (const value of bad) expect(fits(shape, value), value).toBe(false)
    }
  })
})
