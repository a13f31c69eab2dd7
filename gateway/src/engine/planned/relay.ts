import {
  getNamedType,
  getOperationAST,
  isAbstractType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'
import { collectFields, type Collector } from './selection.ts'

/** An operation of the client's, or the one that a plan sends to a subgraph. */
interface Asked {
  readonly collector: Collector
  readonly selectionSets: readonly SelectionSetNode[]
}

/**
 * Whether a subgraph that is asked `sent` answers exactly what `asked` wants: the same keys in the same order, for
 * every type that an object can have. Neither may depend on variables for what it selects.
 */
export function answersAlike(
  schema: GraphQLSchema,
  asked: DocumentNode,
  sent: DocumentNode,
  operationName?: string,
): boolean {
  const operation = getOperationAST(asked, operationName)
  const root = operation && schema.getRootType(operation.operation)
  const other = getOperationAST(sent)
  if (!root || !other || other.operation !== operation.operation) return false
  const side = (document: DocumentNode, { selectionSet }: { selectionSet: SelectionSetNode }): Asked => ({
    collector: { schema, fragments: fragmentsOf(document), variables: {} },
    selectionSets: [selectionSet],
  })
  return selectAlike(root, side(asked, operation), side(sent, other))
}

/** A document's fragments by name. */
export function fragmentsOf({ definitions }: DocumentNode): Map<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  return fragments
}

function selectAlike(type: GraphQLObjectType, left: Asked, right: Asked): boolean {
  const leftFields = [...collectFields(left.collector, type, left.selectionSets)]
  const rightFields = [...collectFields(right.collector, type, right.selectionSets)]
  return (
    leftFields.length === rightFields.length &&
    leftFields.every(([key, nodes], index) => {
      const [rightKey, rightNodes] = rightFields[index] ?? []
      const name = nodes[0]?.name.value ?? ''
      if (key !== rightKey || !rightNodes || rightNodes[0]?.name.value !== name) return false
      if (name === '__typename') return true
      const field = type.getFields()[name]
      // What is asked about the schema itself is not for a subgraph.
      if (!field) return false
      const below = (side: Asked, fields: readonly { selectionSet?: SelectionSetNode | undefined }[]): Asked => ({
        ...side,
        selectionSets: fields.flatMap(({ selectionSet }) => selectionSet ?? []),
      })
      return objectsOf(left.collector.schema, getNamedType(field.type)).every((possible) =>
        selectAlike(possible, below(left, nodes), below(right, rightNodes)),
      )
    })
  )
}

function objectsOf(schema: GraphQLSchema, type: GraphQLNamedOutputType): readonly GraphQLObjectType[] {
  if (isAbstractType(type)) return schema.getPossibleTypes(type)
  return isObjectType(type) ? [type] : []
}

const BEGINNING = Buffer.from('{"data":{')
const END = Buffer.from('}}')
// Inside of text a quotation mark is escaped, so these bytes can only be a key.
const KEYS_OF_MORE = [Buffer.from('"errors":'), Buffer.from('"extensions":')]

/** Whether these bytes are an answer of nothing but data, as services write it. False if it takes more to tell. */
export function isOnlyData(bytes: Buffer): boolean {
  return (
    bytes.subarray(0, BEGINNING.length).equals(BEGINNING) &&
    bytes.subarray(-END.length).equals(END) &&
    KEYS_OF_MORE.every((key) => !bytes.includes(key))
  )
}

/** An answer of nothing but data, with extensions: their JSON text. */
export function withExtensions(bytes: Buffer, extensions: string): Buffer {
  const more = Buffer.from(`,"extensions":${extensions}}`)
  return Buffer.concat([bytes.subarray(0, -1), more], bytes.length - 1 + more.length)
}
