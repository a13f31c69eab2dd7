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
