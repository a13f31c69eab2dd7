import { ChangeType, CriticalityLevel, diff, type Change } from '@graphql-inspector/core'
import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'

/** Something about the public schema that is not as it was published. */
export interface SchemaChange {
  /** What changed: `Event`, `Event.title`, `Query.events.first`, `SeatStatus.HELD`, `@cost`; `Union.Member` of a union. */
  readonly coordinate: string
  readonly message: string
  /** Whether an operation that was good may be refused, or answered in another shape. */
  readonly isBreaking: boolean
}

/** What the library says of a change beside its place and its message. */
const Facts = z.record(z.string(), z.unknown())

/** What changed between two public schemas; descriptions are not told of. */
export async function schemaChanges(published: GraphQLSchema, now: GraphQLSchema): Promise<SchemaChange[]> {
  const changes = await diff(published, now)
  return changes
    .filter(({ type }) => !String(type).includes('_DESCRIPTION_'))
    .map((change) => ({
      coordinate: coordinateOf(change),
      message: change.message,
      isBreaking: change.criticality.level === CriticalityLevel.Breaking || isDefaultGone(change),
    }))
}

function coordinateOf({ path = 'schema', type, meta }: Change): string {
  const facts = Facts.parse(meta)
  // The library names the type alone, and an entry for one member would let every other go too.
  switch (type) {
    case ChangeType.UnionMemberRemoved:
      return `${path}.${String(facts['removedUnionMemberTypeName'])}`
    case ChangeType.UnionMemberAdded:
      return `${path}.${String(facts['addedUnionMemberTypeName'])}`
    case ChangeType.ObjectTypeInterfaceRemoved:
      return `${path}.${String(facts['removedInterfaceName'])}`
    case ChangeType.ObjectTypeInterfaceAdded:
      return `${path}.${String(facts['addedInterfaceName'])}`
    default:
      return path
  }
}

/** The library calls this dangerous only, yet who left the value out is refused now, or asks for something else. */
function isDefaultGone({ type, meta }: Change): boolean {
  const facts = Facts.parse(meta)
  return (
    (type === ChangeType.FieldArgumentDefaultChanged || type === ChangeType.InputFieldDefaultValueChanged) &&
    facts['newDefaultValue'] === undefined
  )
}
