import { z } from 'zod'
import { hasCardNumber } from './card-number.ts'
import { badInput } from './fault.ts'

/**
 * Checks a mutation's input against a shape and returns what the shape makes of it. The first thing that is
 * wrong is the fault BAD_USER_INPUT, naming the field as the client wrote it: `input.contactEmail`.
 */
export function validInput<Shape extends z.ZodType>(shape: Shape, input: unknown, at = 'input'): z.infer<Shape> {
  const parsed = shape.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const path = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  throw badInput(`${at}${path}`, issue?.message ?? 'is not valid')
}

/** Text for people: trimmed, whole Unicode without control characters other than line breaks, `min` to `max` characters. */
export function text(min: number, max: number) {
  return (
    z
      .string()
      .trim()
      .min(min, min === 1 ? 'must not be empty' : `must have at least ${min} characters`)
      .max(max, `must have at most ${max} characters`)
      .refine((value) => !hasControlCharacter(value), 'must not contain control characters')
      // PostgreSQL would refuse half of a surrogate pair in JSON, and with it the event that carries the text.
      .refine((value) => value.isWellFormed(), 'must be well-formed Unicode')
  )
}

/** PostgreSQL refuses NUL in text, and nothing that a person types needs the others. */
function hasControlCharacter(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if ((code < 32 && code !== 9 && code !== 10 && code !== 13) || code === 127) return true
  }
  return false
}

/**
 * The shape, without what could be a card number. No field of ours takes one, so whoever sends one made a mistake that
 * must not be kept: not in a table, and not in the log line of a refusal that repeats what was asked for.
 */
export function noCardNumber<Shape extends z.ZodType<string>>(shape: Shape) {
  return shape.refine((value) => !hasCardNumber(value), 'must not contain a card number')
}

/** An idempotency key: 8 to 100 printable characters. */
export const idempotencyKey = z
  .string()
  .min(8, 'must have at least 8 characters')
  .max(100, 'must have at most 100 characters')
  .regex(/^[\x21-\x7e]+$/, 'must consist of printable characters without spaces')

/** The same where it may be left out: null then. */
export const optionalKey = idempotencyKey.nullish().transform((key) => key ?? null)

/** An e-mail address. */
export const email = z.email('must be an e-mail address').max(254, 'must have at most 254 characters')

/** A telephone number in E.164. */
export const phone = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a telephone number such as +442079460958')

/** ISO 3166-1 alpha-2, as ICU knows it. */
export const country = z.string().refine(isCountry, 'must be an ISO 3166-1 alpha-2 code such as GB')

const regionNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })

function isCountry(code: string): boolean {
  return /^[A-Z]{2}$/.test(code) && code !== 'ZZ' && code !== 'EU' && regionNames.of(code) !== undefined
}

/** An IANA time zone, as ICU knows it. */
export const timezone = z.string().refine(isTimezone, 'must be an IANA time zone such as Europe/London')

function isTimezone(name: string): boolean {
  try {
    return name.length <= 64 && Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** ISO 4217, as ICU knows it. */
export const currencyCode = z
  .string()
  .refine((code) => Intl.supportedValuesOf('currency').includes(code), 'must be an ISO 4217 code such as EUR')

/** A language tag of BCP 47. */
export const language = z.string().refine(isLanguage, 'must be a language tag such as en-GB')

function isLanguage(tag: string): boolean {
  try {
    return tag.length <= 35 && Intl.getCanonicalLocales(tag).length === 1
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** An https address, at most 2,000 characters. */
export const httpsUrl = z
  .url({ protocol: /^https$/, error: 'must be an https address' })
  .max(2_000, 'must have at most 2,000 characters')
