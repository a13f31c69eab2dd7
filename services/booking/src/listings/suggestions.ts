import type { RequestContext } from '@tikitu/runtime/context'
import { badInput } from '@tikitu/runtime/fault'
import { couldBeName, wordsOf } from './search.rules.ts'
import { suggest, type Suggestion } from './suggestion.sql.ts'

/** The most that is suggested at once. */
const SUGGESTIONS_MAX = 20

/** What somebody who has typed this so far may mean: titles, cities and venues of published events. */
export async function eventSuggestions(
  { database }: RequestContext,
  { text, first }: { readonly text: string; readonly first: number },
): Promise<Suggestion[]> {
  if (first < 1 || first > SUGGESTIONS_MAX) throw badInput('first', `must be from 1 to ${SUGGESTIONS_MAX}`)
  const words = couldBeName(text) ? wordsOf(text) : []
  return words.length === 0 ? [] : suggest(database.orm, words, first)
}
