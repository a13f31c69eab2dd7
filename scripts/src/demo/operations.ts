import { readFileSync } from 'node:fs'
import { Kind, parse, print } from 'graphql'

/** The operations of `purchase.graphql` by name, each as the document that a client sends. */
const operations: Readonly<Record<string, string>> = Object.fromEntries(
  parse(readFileSync(new URL('purchase.graphql', import.meta.url), 'utf8')).definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION && definition.name
      ? [[definition.name.value, print(definition)]]
      : [],
  ),
)

/** One operation of the purchase. Throws when there is none of that name. */
export function operation(name: string): string {
  const document = operations[name]
  if (!document) throw new Error(`purchase.graphql has no operation ${name}`)
  return document
}
