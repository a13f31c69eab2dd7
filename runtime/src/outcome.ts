/** The business says no. `refusal` is the GraphQL type's name; the facts are that type's fields. */
export type Refusal<Name extends string = string, Facts extends object = object> = {
  readonly ok: false
  readonly refusal: Name
  readonly message: string
  readonly facts: Facts
}

/** The business says yes, with what came of it. */
export type Accepted<Value> = { readonly ok: true; readonly value: Value }

/** What a rule or a verb answers: a value, or one of the refusals it lists. Faults are thrown instead. */
export type Outcome<Value, No extends Refusal = Refusal> = Accepted<Value> | No

/** Says yes. */
export function accept(): Accepted<undefined>
export function accept<Value>(value: Value): Accepted<Value>
export function accept<Value>(value?: Value): Accepted<Value | undefined> {
  return { ok: true, value }
}

/** Says no: the name of the GraphQL refusal type, a sentence for people, and the facts for machines. */
export function refuse<const Name extends string, Facts extends object = Record<never, never>>(
  refusal: Name,
  message: string,
  facts?: Facts,
): Refusal<Name, Facts> {
  return { ok: false, refusal, message, facts: facts ?? ({} as Facts) }
}

/** Unwraps an accepted outcome; a refusal throws, so this is for callers to whom no refusal can happen. */
export function accepted<Value>(outcome: Outcome<Value>): Value {
  if (outcome.ok) return outcome.value
  throw new Error(`unexpected refusal ${outcome.refusal}: ${outcome.message}`)
}

/** The union member that GraphQL sees: the value under `typename`, or the refusal under its own name. */
export function toUnion<Value extends object, No extends Refusal, const Typename extends string>(
  outcome: Outcome<Value, No>,
  typename: Typename,
): UnionMember<Value, No, Typename> {
  // The conditional type is decided by the tag that is tested here; TypeScript cannot follow that.
  const member = outcome.ok
    ? { __typename: typename, ...outcome.value }
    : { __typename: outcome.refusal, message: outcome.message, ...outcome.facts }
  return member as UnionMember<Value, No, Typename>
}

type UnionMember<Value, No extends Refusal, Typename extends string> =
  | (Value & { __typename: Typename })
  | (No extends Refusal<infer Name, infer Facts> ? { __typename: Name; message: string } & Facts : never)
