import { scalarsOf } from '@tikitu/runtime/scalars'
import { isScalarType, isSpecifiedScalarType, valueFromASTUntyped, type GraphQLSchema } from 'graphql'

/**
 * Makes the gateway refuse a malformed value of a custom scalar, with its place, before any subgraph is called.
 * Good values travel on as the client wrote them.
 */
export function checkScalars(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isScalarType(type) || isSpecifiedScalarType(type)) continue
    const known = scalarsOf(`scalar ${type.name}`)[type.name]
    if (!known) continue
    type.parseValue = (value) => {
      known.parseValue(value)
      return value
    }
    type.parseLiteral = (node, variables) => {
      known.parseLiteral(node, variables)
      return valueFromASTUntyped(node, variables)
    }
  }
}
