import { Kind, visit, type DocumentNode } from 'graphql'
import type { Aliases } from '../engine.ts'

/** A document in which no alias is the name of a key, and what the client calls those that were. */
export interface ClearDocument {
  readonly document: DocumentNode
  /** The client's alias for each of the new ones; undefined when the document is the client's own. */
  readonly aliases: Aliases | undefined
}

/** Finds in the text of a supergraph what entities are known by, and what other fields are computed from. */
export function keyNamesOf(supergraph: string): RegExp {
  const sets = supergraph.matchAll(/\b(?:key|requires): "([^"]*)"/g).flatMap(([, set = '']) => set.match(/\w+/g) ?? [])
  return new RegExp(`^(?:${[...new Set(sets).add('__typename')].join('|')})$`)
}

/**
 * Replaces aliases that are names of keys, as in `id: phone`. The planner asks for keys beside what a client selects, and
 * where both have one name below different conditions it gives both the same other name, which no subgraph can answer.
 */
export function withoutKeyAliases(document: DocumentNode, keyNames: RegExp): ClearDocument {
  const taken = new Set<string>()
  let hasSome = false
  visit(document, {
    Field: ({ alias, name }) => {
      taken.add((alias ?? name).value)
      hasSome ||= isKeyAlias(alias?.value, name.value, keyNames)
    },
  })
  if (!hasSome) return { document, aliases: undefined }
  const aliases = new Map<string, string>()
  let prefix = 'c_'
  while (taken.values().some((key) => key.startsWith(prefix))) prefix = `c${prefix}`
  const clear = visit(document, {
    Field: (field) => {
      const alias = field.alias?.value
      if (alias === undefined || !isKeyAlias(alias, field.name.value, keyNames)) return undefined
      aliases.set(`${prefix}${alias}`, alias)
      return { ...field, alias: { kind: Kind.NAME, value: `${prefix}${alias}` } as const }
    },
  })
  return { document: clear, aliases }
}

function isKeyAlias(alias: string | undefined, name: string, keyNames: RegExp): boolean {
  return alias !== undefined && alias !== name && keyNames.test(alias)
}
