import { getOperationAST, Kind, type DocumentNode, type FragmentDefinitionNode, type SelectionNode } from 'graphql'

/** The response keys at the top of a document's operation, or under its field `below`. `__typename` is none. */
export function keysOf(document: DocumentNode, below?: string): string[] {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const fieldsIn = (selections: readonly SelectionNode[]): { key: string; selections: readonly SelectionNode[] }[] =>
    selections.flatMap((selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsIn(selection.selectionSet.selections)
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        return fieldsIn(fragments.get(selection.name.value)?.selectionSet.selections ?? [])
      }
      if (selection.name.value === '__typename') return []
      const key = selection.alias?.value ?? selection.name.value
      return [{ key, selections: selection.selectionSet?.selections ?? [] }]
    })

  const top = fieldsIn(getOperationAST(document)?.selectionSet.selections ?? [])
  const fields = below === undefined ? top : fieldsIn(top.find(({ key }) => key === below)?.selections ?? [])
  return [...new Set(fields.map(({ key }) => key))]
}
