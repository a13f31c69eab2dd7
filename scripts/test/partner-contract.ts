import { subgraphSdl } from '@tikitu/schema/sdl'
import { buildSchema, coerceInputValue, isInputType } from 'graphql'

/** The contract without what only a federation knows: its directives, and that somebody else began `Query`. */
const schema = buildSchema(subgraphSdl('partner').replaceAll(/\bextend type/g, 'type'), { assumeValidSDL: true })

/** What GraphQL would say about a value that is sent as an input of this type; nothing when it takes it. */
export function problemsOfInput(typename: string, value: unknown): string[] {
  const type = schema.getType(typename)
  if (!isInputType(type)) throw new Error(`${typename} is no input of the partner service`)
  const problems: string[] = []
  coerceInputValue(value, type, (path, _value, error) => problems.push(`${path.join('.')}: ${error.message}`))
  return problems
}
