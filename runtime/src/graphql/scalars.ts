import { GraphQLError, GraphQLScalarType } from 'graphql'
import { GraphQLDateTimeISO, GraphQLJSON, GraphQLLocalDate, GraphQLSafeInt } from 'graphql-scalars'
import { isStorable } from '../instant.ts'

const iso = GraphQLDateTimeISO.toConfig()

/** `DateTime` takes the years 1 to 9999: others would reach the database as a syntax error. */
const DateTime = new GraphQLScalarType<Date, string>({
  ...iso,
  name: 'DateTime',
  parseValue: (value) => storable(iso.parseValue(value)),
  parseLiteral: (node, variables) => storable(iso.parseLiteral(node, variables)),
})

function storable(instant: Date): Date {
  if (isStorable(instant)) return instant
  throw new GraphQLError('DateTime must be of a year from 0001 to 9999.')
}

const json = GraphQLJSON.toConfig()

/** `JSON` takes no number beyond all: JavaScript reads 1e999 as infinity, and whoever writes it on writes null. */
const JSONValue = new GraphQLScalarType<unknown, unknown>({
  ...json,
  parseValue: (value) => writable(json.parseValue(value)),
  parseLiteral: (node, variables) => writable(json.parseLiteral(node, variables)),
})

function writable(value: unknown): unknown {
  const left = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (typeof next === 'number' && !Number.isFinite(next))
      throw new GraphQLError('JSON must not have a number of more than 1.8e308.')
    if (typeof next === 'object' && next !== null) for (const inner of Object.values(next)) left.push(inner)
  }
  return value
}

const ALL: Readonly<Record<string, GraphQLScalarType>> = {
  DateTime,
  Date: GraphQLLocalDate,
  SafeInt: GraphQLSafeInt,
  JSON: JSONValue,
}

/** Resolvers for the custom scalars that an SDL declares. */
export function scalarsOf(sdl: string): Record<string, GraphQLScalarType> {
  return Object.fromEntries(Object.entries(ALL).filter(([name]) => new RegExp(`^scalar ${name}\\b`, 'm').test(sdl)))
}
