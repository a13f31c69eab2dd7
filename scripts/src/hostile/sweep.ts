import { getNamedType, isInterfaceType, isObjectType, type GraphQLSchema } from 'graphql'
import type { Operation } from './operations.ts'
import { placesOf, variablesWith, type Place, type Plausible } from './places.ts'
import { hostileValues, type HostileValue } from './values.ts'
import { problemsOf, type Answer } from './verdict.ts'

/** Sends the body of a request as somebody, whatever it is. */
export type Send = (body: string) => Promise<Answer>

/** One request with one hostile value in it. */
export interface Attempt {
  readonly account: string
  readonly place: Place
  readonly hostile: HostileValue
  /** Of the request. */
  readonly body: string
}

/** An attempt and what came of it. */
export interface Outcome {
  readonly attempt: Attempt
  readonly answer: Answer
  /** `accepted`: a mutation did what it was asked. Nothing else may change anything. */
  readonly kind: 'accepted' | 'refused' | 'error' | 'read'
  readonly problems: readonly string[]
}

/** How many operations are swept at once. */
const CONCURRENCY = 6

/**
 * Every place of every operation, with every value that is meant for it: in a soak as every account, otherwise the first
 * value as every account, so that one of them comes past the door, and the others as one after the other.
 */
export function attemptsOn(
  operations: readonly Operation[],
  plausible: Plausible,
  accounts: readonly string[],
  soak: boolean,
): Attempt[] {
  const places = operations.flatMap((operation) => placesOf(operation, plausible))
  return places.flatMap((place, turn) =>
    hostileValues(String(place.path.findLast((key) => typeof key === 'string')), place.scalar, { soak, turn }).flatMap(
      (hostile, nth) =>
        accounts
          .filter((_account, index) => soak || nth === 0 || index === (turn + nth) % accounts.length)
          .map((account) => ({ account, place, hostile, body: bodyWith(place, hostile, plausible) })),
    ),
  )
}

/** Stands for the hostile value until all else is written. */
const PLACEHOLDER = 'the hostile value'

function bodyWith(place: Place, { json }: HostileValue, plausible: Plausible): string {
  const variables = variablesWith(place, PLACEHOLDER, plausible)
  return JSON.stringify({ query: place.operation.document, variables }).replace(JSON.stringify(PLACEHOLDER), () => json)
}

/**
 * Makes the attempts, those on one operation one after another, so that what an accepted one wrote can be read back by
 * `seen` before the next.
 */
export async function makeAttempts(
  attempts: readonly Attempt[],
  senders: ReadonlyMap<string, Send>,
  schema: GraphQLSchema,
  seen: (outcome: Outcome) => Promise<void>,
): Promise<void> {
  const byOperation = [...Map.groupBy(attempts, ({ place }) => place.operation.coordinate).values()]
  // The operation with the most places first: begun last, it would be waited for alone.
  const queue = byOperation.toSorted((left, right) => right.length - left.length)
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      for (const attempt of next) {
        const send = senders.get(attempt.account)
        if (!send) throw new Error(`nobody is signed in as ${attempt.account}`)
        const answer = await send(attempt.body)
        const problems = problemsOf(answer, attempt.hostile.value)
        await seen({ attempt, answer, kind: kindOf(attempt.place.operation, answer, schema), problems })
      }
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

function kindOf(operation: Operation, { body }: Answer, schema: GraphQLSchema): Outcome['kind'] {
  if (!body || body.errors?.length) return 'error'
  if (operation.kind === 'query') return 'read'
  return isRefusal(memberOf(operation, body.data), schema) ? 'refused' : 'accepted'
}

/** What the operation's field gave, as far as it is an object. */
export function memberOf(operation: Operation, data: unknown): Readonly<Record<string, unknown>> | undefined {
  return operation.answer.reduce<Readonly<Record<string, unknown>> | undefined>(
    (node, name) => asObject(node?.[name]),
    asObject(data),
  )
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined
}

function isRefusal(member: Readonly<Record<string, unknown>> | undefined, schema: GraphQLSchema): boolean {
  const type = schema.getType(String(member?.['__typename']))
  const refusal = schema.getType('Refusal')
  return isObjectType(type) && isInterfaceType(refusal) && schema.isSubType(refusal, type)
}

/** A message may repeat a hostile text of any length. */
const MESSAGE_CHARACTERS_MAX = 200

/** One line about an outcome, for people. */
export function describeOutcome({ attempt, answer, problems }: Outcome): string {
  const { account, place, hostile } = attempt
  const errors = answer.body?.errors?.map(({ message }) => String(message).slice(0, MESSAGE_CHARACTERS_MAX)) ?? []
  return `${place.name} = ${hostile.name}, as ${account}: ${problems.join('; ')} [HTTP ${answer.status}] ${errors.join(' ')}`
}

/** A query that reads back by id what a mutation says it wrote, when there is one. */
export function readingBack(
  operation: Operation,
  typename: string,
  field: string,
  schema: GraphQLSchema,
): string | undefined {
  const query = Object.values(schema.getQueryType()?.getFields() ?? {}).find(
    ({ type, args }) => getNamedType(type).name === typename && args.length === 1 && args[0]?.name === 'id',
  )
  const written = schema.getType(typename)
  if (operation.kind !== 'mutation' || !query || !isObjectType(written) || !written.getFields()[field]) return undefined
  return `query ReadBack($id: ID!) { ${query.name}(id: $id) { ${field} } }`
}
