import { existsSync, readFileSync } from 'node:fs'
import type { ServiceName } from '@tikitu/schema/services'
import { inRepository } from '../repository.ts'

/**
 * What the resolvers of a type are given when it is not the type's own shape: each `BookingSource` that
 * `services/<service>/src/mappers.ts` exports stands for the graph's `Booking`.
 */
export function mappersOf(service: ServiceName): Record<string, string> {
  const file = inRepository(`services/${service}/src/mappers.ts`)
  if (!existsSync(file)) return {}
  return mappersIn(readFileSync(file, 'utf8'))
}

/** The same for the text of such a file. */
export function mappersIn(text: string): Record<string, string> {
  const names = [...text.matchAll(/^export (?:interface|type) (\w+)Source\b/gm)].map((match) => match[1] ?? '')
  return Object.fromEntries(names.map((name) => [name, `../mappers.ts#${name}Source`]))
}
