import { randomInt } from 'node:crypto'

/** Without vowels there are no words, and of look-alikes (0 O, 1 I L, 2 Z, 5 S, 8 B) at most one. */
const ALPHABET = '2346789CDFGHJKMNPQRTVWXY'
const HALF = 4
const PLAIN = new RegExp(`^[${ALPHABET}]{${2 * HALF}}$`)

/** A reference to read out over the telephone: `K7M2-X9QT`. 24^8 of them, so a collision is rare, but not impossible. */
export function newReference(): string {
  return `${half()}-${half()}`
}

function half(): string {
  return Array.from({ length: HALF }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}

/** The reference that somebody typed, as it is stored: capitals with a hyphen. Null when it cannot be one. */
export function readReference(text: string): string | null {
  const plain = text.trim().toUpperCase().replaceAll(/[\s-]/g, '')
  if (!PLAIN.test(plain)) return null
  return `${plain.slice(0, HALF)}-${plain.slice(HALF)}`
}
