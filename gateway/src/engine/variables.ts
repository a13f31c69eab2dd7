import { getOperationAST, getVariableValues, type DocumentNode, type GraphQLSchema } from 'graphql'

/** Each mistake is told with all of the value that it is in: what has many would take long to be told, and make a long answer. */
const MISTAKES_MAX = 3

/** An operation of a document, and what a client has for its variables. */
export interface WithVariables {
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>>
}

/** Throws an `AggregateError` of what is wrong with the variables, of many mistakes the first. */
export function refuseVariables(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operationName, variables }: WithVariables,
): void {
  const { variableDefinitions = [] } = getOperationAST(document, operationName) ?? {}
  const { errors } = getVariableValues(schema, variableDefinitions, variables, { maxErrors: MISTAKES_MAX })
  if (errors) throw new AggregateError(errors, 'the variables are not valid')
}
