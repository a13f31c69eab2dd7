import { anonymous, type Identity } from '@tikitu/runtime/identity'
import { fc } from '@tikitu/runtime/testing/properties'
import { execute, GraphQLError, parse, validate, type ExecutionResult } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fillBlanks } from './blanks.ts'
import { diceOf } from './dice.ts'
import { wrongIn, wrongOf } from './faults.ts'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { mergedSchema, ownership, type MergedContext } from './merged.ts'
import { randomRequest, randomVariables, type RandomRequest } from './random-query.ts'
import { addTroubles } from './troubles.ts'
import { ids } from './world.ts'

/** Those of a soak that failed, once more. */
const SEED = process.env['SEED']
const seedOfSoak = () => (SEED === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(SEED))

/** How many requests are compared: always the same ones in CI, so that a change fails for its own mistakes; others too in every soak. */
const RUNS = process.env['SOAK']
  ? (SEED === undefined ? [1, 2, 3] : [1]).map(() => ({ numRuns: 400, seed: seedOfSoak() }))
  : [366_147_393, 20_261_123].map((seed) => ({ numRuns: 90, seed }))

/** How often each document is asked with other variables. */
const VARIABLES_PER_DOCUMENT = 3

const PLENTY = '1000000000'

let gateway: TestGateway
beforeAll(async () => {
  addTroubles()
  fillBlanks()
  gateway = await startTestGateway({
    QUERY_DEPTH_MAX: '60',
    QUERY_ALIASES_MAX: '1000',
    QUERY_TOKENS_MAX: '100000',
    QUERY_CHARACTERS_MAX: '1000000',
    QUERY_FIELDS_MAX: '100000',
    QUERY_DIRECTIVES_MAX: '1000',
    QUERY_FRAGMENTS_MAX: '1000',
    QUERY_COST_MAX: PLENTY,
    BUDGET_ANONYMOUS_POINTS: PLENTY,
    BUDGET_ANONYMOUS_POINTS_PER_SECOND: PLENTY,
    BUDGET_USER_POINTS: PLENTY,
    BUDGET_USER_POINTS_PER_SECOND: PLENTY,
    BUDGET_PRIORITY_POINTS: PLENTY,
    BUDGET_PRIORITY_POINTS_PER_SECOND: PLENTY,
    PRINCIPAL_CACHE_MILLISECONDS: '60000',
  })
})
afterAll(() => gateway.close())

const ada: Identity = {
  ...anonymous('merged'),
  kind: 'user',
  subject: 'sub-ada',
  userId: ids.user(1),
  adminRole: 'SUPPORT',
}

const CALLERS: readonly [string, Identity, string | undefined][] = [
  ['of a user', ada, 'sub-ada'],
  ['of nobody', anonymous('merged'), undefined],
]

/** What goes wrong in ways that no random request is sure to meet. */
const TROUBLED = [
  `{ event(id: "${ids.event(5)}") { id title } }`,
  `{ event(id: "${ids.event(2)}") { title description } }`,
  '{ bookings(first: 5) { edges { node { id user { email } payment { status } } } } }',
  '{ unreadNotificationCount }',
].map((query): RandomRequest => ({ query, operationName: undefined, variables: {} }))

/** What must have been among the requests and answers for the comparison to mean anything. */
const MEANT = {
  alias: ({ query }) => /\ba\d+: /.test(query),
  'alias by the name of a key': ({ query }) => /\bid: [a-z]/.test(query),
  'named fragment': ({ query }) => query.includes('fragment F0'),
  'fragment in a fragment': ({ query }) => /fragment F\d+ on [^]*?\.\.\.F\d+/.test(query),
  'fragment on an interface': ({ query }) => query.includes('... on Refusal'),
  'named fragment on an interface': ({ query }) => /fragment F\d+ on Refusal/.test(query),
  'fragment on a union': ({ query }) => /on [A-Z]\w+Outcome/.test(query),
  'fragment on the root': ({ query }) => /on (Query|Mutation)\b/.test(query),
  'fragment without a type': ({ query }) => /\.\.\. \{/.test(query),
  'condition by a literal': ({ query }) => /@(skip|include)\(if: (true|false)\)/.test(query),
  'condition by a variable': ({ query }) => /@(skip|include)\(if: \$/.test(query),
  'several operations': ({ operationName }) => operationName === 'Two',
  mutation: ({ query }) => query.includes('mutation'),
  introspection: ({ query }) => query.includes('__schema') || query.includes('__type('),
  'variable in a list': ({ query }) => /\[[^\]]*\$/.test(query),
  'variable in an input': ({ query }) => query.includes('category: $category'),
  'fault in a list': (_, { faults }) => faults.some((fault) => /^\w+\..*\.\d+\./.test(fault)),
  'fault with facts': (_, { faults }) => faults.some((fault) => fault.includes('{"')),
  'entity that fails': (_, { faults }) => faults.some((fault) => /not for you|Payments rest/.test(fault)),
  'something internal': (_, { faults }) => faults.some((fault) => fault.endsWith(' INTERNAL')),
  'null for what is below': (_, { bubbled }) => bubbled.some((place) => place !== 'data'),
  'null for everything': (_, { bubbled }) => bubbled.includes('data'),
} satisfies Record<string, (request: RandomRequest, wrong: ReturnType<typeof wrongIn>) => boolean>

const seen = new Map(Object.keys(MEANT).map((name) => [name, 0]))

describe.each(RUNS)('$numRuns random requests from the seed $seed', (run) => {
  const schema = mergedSchema()
  const { owners } = ownership()
  const ownerOf = (typeName: string, fieldName: string) => owners.get(`${typeName}.${fieldName}`)

  it.each(CALLERS)(
    '%s are answered as graphql-js answers them over one schema',
    async (_, identity, sub) => {
      const token = sub === undefined ? undefined : await gateway.pool.accessToken({ sub, 'cognito:groups': ['admin'] })

      const compare = async (request: RandomRequest) => {
        const { query, operationName, variables } = request
        const document = parse(query)
        let told = `${query}\n${String(operationName)} ${JSON.stringify(variables)}`
        const absent = new Set<string>()
        const expected: ExecutionResult = await execute({
          schema,
          document,
          operationName,
          variableValues: variables,
          contextValue: { identity, absent } satisfies MergedContext,
        })
        gateway.subgraphs.forget()
        const answer = await gateway.graph(query, {
          variables,
          ...(operationName === undefined ? {} : { operationName }),
          ...(token === undefined ? {} : { token }),
        })
        const asked = gateway.subgraphs.calls.map(({ service, body }) => `${service} ${JSON.stringify(body)}`)
        told += [`\n${JSON.stringify(answer.errors)}`, ...asked].join('\n')
        if (isRefused(expected)) return expect(answer.data ?? undefined, told).toBeUndefined()

        const data = JSON.stringify(expected.data)
        expect(answer.data, told).toEqual(JSON.parse(data))
        // Byte by byte: the order of the keys, and each of them once.
        expect(answer.text.slice(0, data.length + 8), told).toBe(`{"data":${data}`)
        const wrong = wrongIn(answer, absent)
        expect(wrong, told).toEqual(wrongOf(expected, answer.data, absent))
        for (const [name, isMeant] of Object.entries(MEANT)) {
          if (isMeant(request, wrong)) seen.set(name, (seen.get(name) ?? 0) + 1)
        }
      }

      for (const request of TROUBLED) await compare(request)
      await fc.assert(
        fc.asyncProperty(fc.gen(), async (gen) => {
          const request = randomRequest({ schema, ownerOf }, gen)
          fc.pre(validate(schema, parse(request.query)).length === 0)
          await compare(request)
          for (let other = 1; other < VARIABLES_PER_DOCUMENT; other += 1) {
            await compare({ ...request, variables: randomVariables(diceOf(gen)) })
          }
        }),
        { ...run, endOnFailure: true },
      )
    },
    600_000,
  )
})

it.skipIf(SEED !== undefined)('every kind of request and of answer was among them', () => {
  expect([...seen].filter(([, times]) => times === 0)).toEqual([])
})

/** Whether the variables do not fit, so that nothing was executed. */
function isRefused({ data, errors = [] }: ExecutionResult): boolean {
  return data === undefined && errors.every((error) => error instanceof GraphQLError)
}
