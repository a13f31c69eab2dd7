import { withoutCardNumbers } from '@tikitu/runtime/card-number'

/** What is asked of a provider, and what it tells by itself. */
export const OPERATIONS = ['create', 'fetch', 'confirm', 'capture', 'cancel', 'refund', 'webhook'] as const
/** One of them. */
export type Operation = (typeof OPERATIONS)[number]

/** We asked; the provider answered; no answer came; the provider told us by itself. */
export const LOG_KINDS = ['REQUEST', 'ANSWER', 'NO_ANSWER', 'WEBHOOK'] as const
/** One of them. */
export type LogKind = (typeof LOG_KINDS)[number]

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** Fields that are never written down, whatever they hold. */
const SECRETS = /secret|token|password|authorization|cvc|cvv|card.?number|^pan$/i

/** The same without secrets and card numbers, fit to be kept for ever. */
export function redact(value: Json): Json {
  if (typeof value === 'string') return withoutCardNumbers(value)
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) return value.map(redact)
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, SECRETS.test(name) ? '[redacted]' : redact(field)]),
  )
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
