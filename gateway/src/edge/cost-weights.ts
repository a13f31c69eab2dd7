import { Kind, parse, valueFromASTUntyped, type DirectiveNode } from 'graphql'
import { z } from 'zod'

/** How long a list without pages is taken to be. */
export interface ListSize {
  readonly assumedSize: number
  /** The argument that narrows the list. */
  readonly narrowedBy?: string | undefined
  /** How long it is taken to be with that argument. */
  readonly narrowedSize?: number | undefined
}

/** What the schema says about costs, beyond the rules that hold for every type and field. */
export interface CostWeights {
  /** Points of a call of a field, or of an object, where `@cost` names them; by `Type.field` or `Type`. */
  readonly points: ReadonlyMap<string, number>
  /** By `Type.field`. */
  readonly listSizes: ReadonlyMap<string, ListSize>
  /** Root fields with `@priority`, by `Type.field`. */
  readonly priorities: ReadonlySet<string>
}

/**
 * Reads the directives `@cost`, `@listSize` and `@priority` of the subgraphs' SDL. The composed schema does not have
 * them: composition keeps what is for clients. Throws when a directive's arguments are not what they should be.
 */
export function readCostWeights(sdls: readonly string[]): CostWeights {
  const points = new Map<string, number>()
  const listSizes = new Map<string, ListSize>()
  const priorities = new Set<string>()
  for (const { place, directive } of sdls.flatMap(directivesIn)) {
    const name = directive.name.value
    if (name === 'cost') points.set(place, costShape.parse(argumentsOf(directive)).weight)
    if (name === 'listSize') listSizes.set(place, listSizeShape.parse(argumentsOf(directive)))
    if (name === 'priority') priorities.add(place)
  }
  return { points, listSizes, priorities }
}

const costShape = z.strictObject({ weight: z.number().min(0) })
const listSizeShape = z
  .strictObject({
    assumedSize: z.int().min(0),
    narrowedBy: z.string().optional(),
    narrowedSize: z.int().min(0).optional(),
  })
  .refine(
    ({ narrowedBy, narrowedSize }) => (narrowedBy === undefined) === (narrowedSize === undefined),
    '@listSize has narrowedBy and narrowedSize, or neither',
  )

/** The directives of a subgraph's object types and of their fields, each with where it is. */
function directivesIn(sdl: string): { readonly place: string; readonly directive: DirectiveNode }[] {
  return parse(sdl, { noLocation: true }).definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION) return []
    const type = definition.name.value
    const ofType = (definition.directives ?? []).map((directive) => ({ place: type, directive }))
    const ofFields = (definition.fields ?? []).flatMap(({ name, directives = [] }) =>
      directives.map((directive) => ({ place: `${type}.${name.value}`, directive })),
    )
    return [...ofType, ...ofFields]
  })
}

function argumentsOf({ arguments: args = [] }: DirectiveNode): Record<string, unknown> {
  return Object.fromEntries(args.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]))
}
