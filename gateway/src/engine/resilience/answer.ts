import { isObject, type Json, type JsonObject } from '../planned/json.ts'

/** What a subgraph answered. */
export interface SubgraphAnswer {
  readonly data: JsonObject | null
  readonly errors: readonly Json[]
}

/** Reads the bytes of an answer, or throws when they are no GraphQL. */
export function readAnswer(bytes: Buffer): SubgraphAnswer {
  return readAnswerText(bytes.toString('utf8'))
}

/** Reads an answer that was bytes, or throws when it is no GraphQL. */
export function readAnswerText(text: string): SubgraphAnswer {
  const answer = JSON.parse(text) as Json
  if (!isObject(answer)) throw new Error('the answer is no GraphQL')
  const { data = null, errors = [] } = answer
  if (!Array.isArray(errors) || (data === null && errors.length === 0)) throw new Error('the answer is no GraphQL')
  return { data: isObject(data) ? data : null, errors }
}

/** Whether these bytes are a GraphQL answer, be it good news or bad. */
export function isGraphqlAnswer(bytes: Buffer): boolean {
  try {
    readAnswer(bytes)
    return true
  } catch {
    return false
  }
}
