import { isDeepStrictEqual } from 'node:util'

/** Something was not as the demo promises. */
export class Unexpected extends Error {}

/** Throws unless the two are deeply equal. */
export function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return
  throw new Unexpected(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)
}

/** Gives back what is there, and throws when it is not. */
export function expectPresent<Value>(what: string, value: Value | null | undefined): Value {
  if (value !== null && value !== undefined) return value
  throw new Unexpected(`${what}: it is missing`)
}

/** A member of a mutation's union; throws unless it is the one expected. */
export function expectMember<Member extends { __typename: string }>(
  what: string,
  member: Member,
  typename: string,
): Member {
  if (member.__typename === typename) return member
  throw new Unexpected(`${what}: expected ${typename}, got ${JSON.stringify(member)}`)
}
