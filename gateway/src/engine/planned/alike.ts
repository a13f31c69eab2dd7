import {
  getNamedType,
  getOperationAST,
  isAbstractType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'
import { collectFields, type Collector } from './selection.ts'

/** What is selected of an object: of a client's operation, or of one that a plan sends to a subgraph. */
export interface Selected {
  readonly collector: Collector
  readonly selectionSets: readonly SelectionSetNode[]
}

/** What an operation selects of the root. What it selects must not depend on variables. */
export function selectedBy(schema: GraphQLSchema, document: DocumentNode, operationName?: string): Selected {
  const operation = getOperationAST(document, operationName)
  return {
    collector: { schema, fragments: fragmentsOf(document), variables: {} },
    selectionSets: operation ? [operation.selectionSet] : [],
  }
}

/** A document's fragments by name. */
export function fragmentsOf({ definitions }: DocumentNode): Map<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  return fragments
}

/**
 * Whether an object of the type is answered alike to both selections: the same keys in the same order, down to the end,
 * for every type that an object can have.
 */
export function selectAlike(type: GraphQLObjectType, left: Selected, right: Selected): boolean {
  const leftFields = [...collectFields(left.collector, type, left.selectionSets)]
  const rightFields = [...collectFields(right.collector, type, right.selectionSets)]
  return (
    leftFields.length === rightFields.length &&
    leftFields.every(([key, nodes], index) => {
      const [rightKey, rightNodes] = rightFields[index] ?? []
      return (
        key === rightKey && rightNodes !== undefined && fieldAlike(type, below(left, nodes), below(right, rightNodes))
      )
    })
  )
}

/** A field of an object, with what is selected of it. */
export interface SelectedField extends Selected {
  /** As the schema knows it. */
  readonly name: string
}

/** What a selection says of one field, by the nodes that ask for it. */
export function below({ collector }: Selected, nodes: readonly FieldNode[]): SelectedField {
  return {
    collector,
    name: nodes[0]?.name.value ?? '',
    selectionSets: nodes.flatMap(({ selectionSet }) => selectionSet ?? []),
  }
}

/** Whether a field of an object is answered alike to both selections. */
export function fieldAlike(type: GraphQLObjectType, left: SelectedField, right: SelectedField): boolean {
  if (left.name !== right.name) return false
  if (left.name === '__typename') return true
  const field = type.getFields()[left.name]
  // What is asked about the schema itself is not for a subgraph.
  if (!field) return false
  return objectsOf(left.collector.schema, getNamedType(field.type)).every((possible) =>
    selectAlike(possible, left, right),
  )
}

/** The object types that a value of the type may have; none when it is no composite type. */
export function objectsOf(schema: GraphQLSchema, type: GraphQLNamedOutputType): readonly GraphQLObjectType[] {
  if (isAbstractType(type)) return schema.getPossibleTypes(type)
  return isObjectType(type) ? [type] : []
}
