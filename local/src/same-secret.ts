import { createHash, timingSafeEqual } from 'node:crypto'

/** Are these the same? Takes as long for a near miss as for a wild guess. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (secret: string) => createHash('sha256').update(secret).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
