import { gunzipSync } from 'node:zlib'
import { LEVELS_MAX, problemOfJson, VALUES_MAX } from './json-place.rules.ts'
import type { Problem } from './plan.rules.ts'

/** A document unpacked at most, in bytes: the largest plan with everything that pretix's editor writes into it. */
export const DOCUMENT_BYTES_MAX = 32 * 1024 * 1024

/** How base64 of gzip begins, and no JSON. */
const GZIP = 'H4sI'

/**
 * The document that a client sent as JSON, as the text of JSON, or as base64 of its gzip, which takes a stadium through
 * where its text would be too long. A problem, with its place, when there is no document in it.
 */
export function readDocument(sent: unknown): { readonly document: unknown } | { readonly problem: Problem } {
  if (typeof sent !== 'string') return { document: sent }
  const text = sent.startsWith(GZIP) ? unpack(sent) : sent
  if (typeof text !== 'string') return text
  const problem = problemOfJson(text)
  if (!problem) return { document: JSON.parse(text) as unknown }
  const { place, what } = problem
  return wrong(`${PROBLEMS[what]}: see line ${place.line}, column ${place.column}`)
}

const PROBLEMS = {
  'not JSON': 'is not JSON',
  'too deep': `has more than ${LEVELS_MAX} objects and lists in each other`,
  'too many values': `has more than ${VALUES_MAX} values`,
} as const

function unpack(base64: string): string | { readonly problem: Problem } {
  try {
    return gunzipSync(Buffer.from(base64, 'base64'), { maxOutputLength: DOCUMENT_BYTES_MAX }).toString('utf8')
  } catch (error) {
    if (error instanceof RangeError) return wrong(`has more than ${DOCUMENT_BYTES_MAX} bytes when it is unpacked`)
    if (error instanceof Error && 'code' in error) return wrong('is not gzip in base64, or not all of it')
    throw error
  }
}

const wrong = (message: string) => ({ problem: { path: 'plan', message } })
