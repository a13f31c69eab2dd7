import {
  getNullableType,
  GraphQLBoolean,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type GraphQLInputType,
} from 'graphql'
import type { Operation } from './operations.ts'

type Path = readonly (string | number)[]

/** A place of an operation where a client writes a value of its own. */
export interface Place {
  readonly operation: Operation
  /** From the variables down: `['input', 'seatIds', 0]`. */
  readonly path: Path
  /** The name of the scalar that belongs there. */
  readonly scalar: string
  /** `Mutation.holdSeats input.seatIds.0` */
  readonly name: string
}

/** A valid value for an argument (`Query.event.id`) or an input's field (`HoldSeatsInput.eventId`); undefined leaves an optional one out. */
export type Plausible = (coordinate: string) => unknown

/** Every place of the operation, those inside a plausible JSON value too. Enums and booleans are no places: GraphQL itself guards them. */
export function placesOf(operation: Operation, plausible: Plausible): Place[] {
  return [...operation.variables].flatMap(([name, { coordinate, argument }]) =>
    placesIn(argument.type, coordinate, [name], plausible).map(({ path, scalar }) => ({
      operation,
      path,
      scalar,
      name: `${operation.coordinate} ${path.join('.')}`,
    })),
  )
}

interface Leaf {
  readonly path: Path
  readonly scalar: string
}

function placesIn(input: GraphQLInputType, coordinate: string, path: Path, plausible: Plausible): Leaf[] {
  const type = getNullableType(input)
  if (isListType(type)) return placesIn(type.ofType, coordinate, [...path, 0], plausible)
  if (isInputObjectType(type))
    return Object.values(type.getFields()).flatMap((field) =>
      placesIn(field.type, `${type.name}.${field.name}`, [...path, field.name], plausible),
    )
  if (isEnumType(type) || type === GraphQLBoolean) return []
  const inside = type.name === 'JSON' ? textsIn(plausible(coordinate), path) : []
  return [{ path, scalar: type.name }, ...inside]
}

function textsIn(value: unknown, path: Path): Leaf[] {
  if (typeof value === 'string') return [{ path, scalar: 'String' }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    textsIn(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  )
}

/** Plausible variables for the operation, but for the place, which gets the value. Throws when a required id has no plausible value. */
export function variablesWith(place: Place, value: unknown, plausible: Plausible): Record<string, unknown> {
  const [variable, ...below] = place.path
  return Object.fromEntries(
    [...place.operation.variables].flatMap(([name, { coordinate, argument }]) => {
      const target = name === variable ? { path: below, value } : undefined
      const filled = fill(argument.type, coordinate, isNonNullType(argument.type), target, plausible)
      return filled === undefined ? [] : [[name, filled]]
    }),
  )
}

interface Target {
  readonly path: Path
  readonly value: unknown
}

function fill(
  input: GraphQLInputType,
  coordinate: string,
  required: boolean,
  target: Target | undefined,
  plausible: Plausible,
): unknown {
  if (target?.path.length === 0) return target.value
  const type = getNullableType(input)
  const inner = target && { ...target, path: target.path.slice(1) }
  const known = plausible(coordinate)
  if (isListType(type)) {
    if (!target && known !== undefined) return known
    return target || required ? [fill(type.ofType, coordinate, true, inner, plausible)] : undefined
  }
  if (isInputObjectType(type)) {
    if (!target && !required) return undefined
    return Object.fromEntries(
      Object.values(type.getFields()).flatMap((field) => {
        const deeper = target?.path[0] === field.name ? inner : undefined
        const filled = fill(field.type, `${type.name}.${field.name}`, isRequiredInputField(field), deeper, plausible)
        return filled === undefined ? [] : [[field.name, filled]]
      }),
    )
  }
  if (target) return replaced(known, target.path, target.value)
  if (known !== undefined || !required) return Array.isArray(known) ? (known[0] as unknown) : known
  if (isEnumType(type)) return type.getValues()[0]?.name
  const byType = PLAUSIBLE[type.name]
  if (byType === undefined) throw new Error(`${coordinate} needs a plausible value in plausible.ts`)
  return byType
}

/** Good for any field of the type that asks nothing particular. */
const PLAUSIBLE: Readonly<Record<string, unknown>> = {
  String: 'A plain text',
  Int: 2,
  SafeInt: 2,
  Float: 2,
  Boolean: true,
}

/** A copy of a JSON value with the text at the path replaced. */
function replaced(json: unknown, [key, ...below]: Path, value: unknown): unknown {
  if (key === undefined) return value
  if (Array.isArray(json))
    return json.map((item: unknown, index) => (index === key ? replaced(item, below, value) : item))
  if (typeof json !== 'object' || json === null) throw new Error(`there is no ${key} in a value that is no object`)
  return Object.fromEntries(
    Object.entries(json).map(([name, item]) => [name, name === key ? replaced(item, below, value) : item]),
  )
}
