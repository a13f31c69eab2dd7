import { Fault } from '@tikitu/runtime/fault'
import type { ExecutionResult } from 'graphql'
import type { GraphAnswer } from './gateway.ts'
import { failedReferences } from './merged.ts'

type Path = readonly (string | number)[]

/** What an answer says went wrong. */
export interface Wrong {
  /** Each fault with its place, its message if it is for the client, and the facts in its extensions. */
  readonly faults: readonly string[]
  /**
   * The nulls that stand for something below them which may not be null. Why is told below; which of several reasons, the
   * specification leaves open.
   */
  readonly bubbled: readonly string[]
}

/**
 * What the gateway says. A reference to what there is not, or not for the caller, is null, and that is no error; so whether
 * there is one at the places `absent` says nothing.
 */
export function wrongIn(
  { data, errors = [] }: Pick<GraphAnswer, 'data' | 'errors'>,
  absent: ReadonlySet<string>,
): Wrong {
  return compare(
    data,
    absent,
    errors.map(({ message, path = [], extensions = {} }) => {
      const { requestId: _, code, ...facts } = extensions
      return { path, text: code === 'INTERNAL' ? 'INTERNAL' : tell(String(code), message, facts) }
    }),
  )
}

/** What the gateway has to say when this is what graphql-js says over the merged schema. */
export function wrongOf({ errors = [] }: ExecutionResult, data: unknown, absent: ReadonlySet<string>): Wrong {
  return compare(
    data,
    absent,
    errors.map((error) => {
      const path = error.path ?? []
      const cause = error.originalError
      const text = cause instanceof Fault ? tell(cause.code, cause.message, cause.details) : 'INTERNAL'
      return { path: cause && failedReferences.has(cause) ? path.slice(0, -1) : path, text }
    }),
  )
}

function compare(
  data: unknown,
  absent: ReadonlySet<string>,
  told: readonly { readonly path: Path; readonly text: string }[],
): Wrong {
  const faults = new Set<string>()
  const bubbled = new Set<string>()
  for (const { path, text } of told) {
    const place = nullAbove(data, path)
    if (!place) faults.add(`${path.join('.')}: ${text}`)
    else if (!absent.has(place.join('.'))) bubbled.add(place.join('.') || 'data')
  }
  return { faults: [...faults].toSorted(), bubbled: [...bubbled].toSorted() }
}

function tell(code: string, message: string, facts: Readonly<Record<string, unknown>>): string {
  return `${code} ${message} ${JSON.stringify(facts)}`
}

/** The null that is the reason that a place is not there. */
function nullAbove(data: unknown, path: Path): Path | undefined {
  let value = data
  for (const [index, key] of path.entries()) {
    if (value === null || value === undefined) return path.slice(0, index)
    value = (value as Record<string | number, unknown>)[key]
  }
  return undefined
}
