import type { GraphQLError } from 'graphql'

/** What went wrong with what was asked for; `data` is the answer, as JSON, which is read only when something did. */
export function answeredErrors(errors: readonly GraphQLError[], data: string): GraphQLError[] {
  if (errors.length === 0) return []
  const answer: unknown = JSON.parse(data)
  return errors.filter(({ path }) => path === undefined || isAnswered(answer, path))
}

/**
 * Whether a place is in the answer, or below a null of it. A plan may fetch what `@skip` or `@include` then leave out;
 * what went wrong with such a field is nobody's concern.
 */
export function isAnswered(data: unknown, path: readonly (string | number)[]): boolean {
  let value = data
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return true
    if (!Object.hasOwn(value, key)) return false
    value = (value as Record<string | number, unknown>)[key]
  }
  return true
}
