import { anonymous, type Identity } from '@tikitu/runtime/identity'
import * as fc from 'fast-check'
import { execute, parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type GraphAnswer, type TestGateway } from './gateway.ts'
import { mergedSchema } from './merged.ts'
import { randomQuery, VARIABLES } from './random-query.ts'
import { ids } from './world.ts'

/** How many queries are compared: always the same ones in CI, so that a change fails for its own mistakes; others in every soak. */
const RUN = process.env['SOAK'] ? { numRuns: 1_500 } : { numRuns: 150, seed: 366_147_393 }

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway({
    QUERY_DEPTH_MAX: '30',
    QUERY_ALIASES_MAX: '1000',
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

/**
 * Faults by place. What may not be null and is, is told by the data; a subgraph tells it as INTERNAL, graphql-js in
 * prose. Of several faults below one null graphql-js tells the first, and the specification leaves that open.
 */
const faultsOf = ({ data, errors = [] }: Pick<GraphAnswer, 'data' | 'errors'>) =>
  errors
    .filter(({ path = [] }) => !isBelowNull(data, path))
    .filter(
      ({ message, extensions }) => extensions?.['code'] !== 'INTERNAL' && !message.startsWith('Cannot return null'),
    )
    .map(({ message, path }) => `${(path ?? []).join('.')}: ${message}`)
    .toSorted()

/** Whether the place is gone, because something above it may not be without it. */
function isBelowNull(data: unknown, path: readonly (string | number)[]): boolean {
  let value = data
  for (const key of path) {
    if (value === null || value === undefined) return true
    value = (value as Record<string | number, unknown>)[key]
  }
  return false
}

describe('a random query', () => {
  const schema = mergedSchema()

  it.each<[string, Identity, string | undefined]>([
    ['of a user', ada, 'sub-ada'],
    ['of nobody', anonymous('merged'), undefined],
  ])(
    '%s is answered as graphql-js answers it over one schema',
    async (_, identity, sub) => {
      const token = sub === undefined ? undefined : await gateway.pool.accessToken({ sub, 'cognito:groups': ['admin'] })
      await fc.assert(
        fc.asyncProperty(fc.gen(), async (gen) => {
          const query = randomQuery(schema, gen)
          const document = parse(query)
          fc.pre(validate(schema, document).length === 0)

          const merged = await execute({ schema, document, variableValues: VARIABLES, contextValue: { identity } })
          const expected = JSON.parse(JSON.stringify(merged)) as Pick<GraphAnswer, 'data' | 'errors'>
          const answer = await gateway.graph(query, { variables: VARIABLES, ...(token === undefined ? {} : { token }) })
          expect(answer.data, query).toEqual(expected.data)
          expect(JSON.stringify(answer.data), query).toBe(JSON.stringify(expected.data))
          expect(faultsOf(answer), query).toEqual(faultsOf(expected))
        }),
        { ...RUN, endOnFailure: true },
      )
    },
    600_000,
  )
})
