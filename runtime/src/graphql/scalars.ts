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

const ALL: Readonly<Record<string, GraphQLScalarType>> = {
  DateTime,
  Date: GraphQLLocalDate,
  SafeInt: GraphQLSafeInt,
  JSON: GraphQLJSON,
}

/** Resolvers for the custom scalars that an SDL declares. */
export function scalarsOf(sdl: string): Record<string, GraphQLScalarType> {
  return Object.fromEntries(Object.entries(ALL).filter(([name]) => new RegExp(`^scalar ${name}\\b`, 'm').test(sdl)))
}
