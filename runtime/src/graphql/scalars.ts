import { GraphQLDateTimeISO, GraphQLJSON, GraphQLLocalDate, GraphQLSafeInt } from 'graphql-scalars'
import type { GraphQLScalarType } from 'graphql'

const ALL: Readonly<Record<string, GraphQLScalarType>> = {
  DateTime: GraphQLDateTimeISO,
  Date: GraphQLLocalDate,
  SafeInt: GraphQLSafeInt,
  JSON: GraphQLJSON,
}

/** Resolvers for the custom scalars that an SDL declares. */
export function scalarsOf(sdl: string): Record<string, GraphQLScalarType> {
  return Object.fromEntries(Object.entries(ALL).filter(([name]) => new RegExp(`^scalar ${name}\\b`, 'm').test(sdl)))
}
