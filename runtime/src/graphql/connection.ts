import { badInput } from '../fault.ts'
import { isId } from '../ids.ts'
import { isStorable } from '../instant.ts'

/** The most that one page of a list may hold. */
export const PAGE_SIZE_MAX = 100

/** A page of a list, as Relay's connection specification has it. */
export interface Connection<Node> {
  readonly edges: { readonly cursor: string; readonly node: Node }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

/** What a query for a page needs: one row more than asked for tells whether there is a next page. */
export interface Page {
  /** Rows to ask the database for: `first` + 1. */
  readonly limit: number
  /** The key of the last row of the page before; null on the first page. */
  readonly after: readonly string[] | null
}

/** Checks `first` (1–100) and `after` (a cursor of this list with `keys` parts); bad ones are BAD_USER_INPUT. */
export function pageOf(args: { first: number; after?: string | null | undefined }, keys: number): Page {
  if (args.first < 1 || args.first > PAGE_SIZE_MAX) throw badInput('first', `must be from 1 to ${PAGE_SIZE_MAX}`)
  return { limit: args.first + 1, after: args.after == null ? null : readCursor(args.after, keys) }
}

/** Makes the connection from the rows of `pageOf`'s query; `key` gives the sort key that the next page continues after. */
export function connectionOf<Row>(
  rows: readonly Row[],
  page: Page,
  key: (row: Row) => readonly string[],
): Connection<Row> {
  const nodes = rows.slice(0, page.limit - 1)
  const edges = nodes.map((node) => ({ cursor: writeCursor(key(node)), node }))
  return { edges, pageInfo: { hasNextPage: rows.length >= page.limit, endCursor: edges.at(-1)?.cursor ?? null } }
}

/** A page without rows, for callers who may see none. */
export function emptyConnection(): Connection<never> {
  return { edges: [], pageInfo: { hasNextPage: false, endCursor: null } }
}

/** The place of a cursor in a list that is sorted by an instant and an id; BAD_USER_INPUT when it is none. */
export function instantAndId([instant = '', id = '']: readonly string[]): { instant: Date; id: string } {
  const at = new Date(instant)
  if (!isStorable(at) || !isId(id)) throw badInput('after', 'is not a cursor of this list')
  return { instant: at, id }
}

const writeCursor = (key: readonly string[]) => Buffer.from(JSON.stringify(key)).toString('base64url')

function readCursor(cursor: string, keys: number): readonly string[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(key) && key.length === keys && key.every((part) => typeof part === 'string')) return key
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw badInput('after', 'is not a cursor of this list')
}
