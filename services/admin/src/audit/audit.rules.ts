/** Where the chain of the audit log has got to. */
export interface Link {
  readonly sequence: number
  readonly hash: string
}

/** Before the first entry. */
export const CHAIN_START: Link = { sequence: 0, hash: '0'.repeat(64) }

/** Whether an entry continues the chain, given the hash that it should have. */
export function continues(link: Link, entry: Link, expectedHash: string): boolean {
  return entry.sequence === link.sequence + 1 && entry.hash === expectedHash
}

/**
 * What the end of the walk means: null when the chain is whole, or the sequence of the first entry that is missing or
 * does not belong. `head` was read before the walk found nothing more, so every entry up to it should have been found.
 */
export function brokenAtEnd(walked: Link, head: Link): number | null {
  if (walked.sequence !== head.sequence) return Math.min(walked.sequence, head.sequence) + 1
  return walked.hash === head.hash ? null : Math.max(head.sequence, 1)
}

/**
 * JSON with the keys of every object in the order of their UTF-16 code units and without white space, so that the same
 * value is always the same text (RFC 8785). Instants become ISO 8601; undefined is not JSON and throws.
 */
export function canonicalJson(value: unknown): string {
  if (value instanceof Date) return JSON.stringify(value.toISOString())
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`
  }
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`${typeof value} is not JSON`)
  return text
}
