import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { QueryPlanner } from '@graphql-hive/router-query-planner'
import { transformSupergraphToPublicSchema } from '@theguild/federation-composition'
import { supergraphSdl } from '@tikitu/schema/sdl'
import { buildASTSchema, parse } from 'graphql'
import { expect, it } from 'vitest'
import { keyNamesOf } from './key-aliases.ts'
import { planOperation } from './operation.ts'

const supergraph = supergraphSdl()

it('an operation that is remembered keeps no variables of who asked it first', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const operation = await planOperation(
    {
      planner: new QueryPlanner(supergraph),
      schema: buildASTSchema(transformSupergraphToPublicSchema(parse(supergraph)), { assumeValidSDL: true }),
      upstreams: new Map([['booking', { ask: () => Promise.reject(new Error('nobody asks')) }]]),
      possibleTypes: (name) => new Set([name]),
      keyNames: keyNamesOf(supergraph),
    },
    parse('query ($id: ID!, $named: Boolean!) { event(id: $id) { id title @include(if: $named) } }'),
    undefined,
  )
  const write = (named: boolean) => {
    const variables = { id: 'long '.repeat(50_000), named }
    const text = operation?.write({ event: { id: '1', title: 'Aida' } }, variables)
    return { text, variables: new WeakRef(variables) }
  }
  const [without, whole] = [write(false), write(true)]
  await new Promise(setImmediate)
  collect()

  expect([without.text, whole.text]).toEqual(['{"event":{"id":"1"}}', '{"event":{"id":"1","title":"Aida"}}'])
  expect([without.variables.deref(), whole.variables.deref()]).toEqual([undefined, undefined])
})
