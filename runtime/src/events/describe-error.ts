import { DrizzleQueryError } from 'drizzle-orm/errors'
import { sqlState } from '../database.ts'

/** Longer descriptions are cut. */
const CHARACTERS_MAX = 2_000

/** An error as a line for people, for a text column. Leaves out the statement and parameters that Drizzle would tell. */
export function describeError(error: unknown): string {
  const told = error instanceof DrizzleQueryError && error.cause ? error.cause : error
  const state = sqlState(error)
  const text = told instanceof Error ? `${told.name}: ${told.message}` : String(told)
  // A text column takes no NUL, and an error that cannot be written down would be thrown for ever.
  return `${text}${state ? ` (${state})` : ''}`.replaceAll('\0', '').slice(0, CHARACTERS_MAX)
}
