import { subgraphSdl } from '@tikitu/schema/sdl'
import { expect, test } from 'vitest'
import { mappersIn } from './mappers.ts'
import { resolverTypes } from './resolver-types.ts'
import { CompositionFailed, composeSupergraph } from './supergraph.ts'

test('subgraphs that disagree do not compose, and the reason names the field', () => {
  const sdlOf = (service: Parameters<typeof subgraphSdl>[0]) =>
    service === 'payment' ? subgraphSdl(service).replace('amount: SafeInt!', 'amount: String!') : subgraphSdl(service)
  expect(() => composeSupergraph(sdlOf)).toThrow(CompositionFailed)
  expect(() => composeSupergraph(sdlOf)).toThrow(/ {2}- .*Money\.amount/)
})

test('an SDL that cannot be parsed is reported with its file', () => {
  expect(() => composeSupergraph((service) => (service === 'user' ? 'type User {' : subgraphSdl(service)))).toThrow(
    expect.objectContaining({ source: expect.objectContaining({ name: 'schema/user.graphql' }) }),
  )
})

test('a mapper is an exported type that ends in Source', () => {
  const text = [
    'export interface BookingSource {',
    'export type TicketSource = TicketRow',
    'interface HoldSource {',
    'export interface Sourcery {',
  ].join('\n')
  expect(mappersIn(text)).toEqual({ Booking: '../mappers.ts#BookingSource', Ticket: '../mappers.ts#TicketSource' })
})

test('references are typed as Mercurius resolves them, and a parent is never a bare reference', async () => {
  const types = await resolverTypes('booking')
  expect(types).toMatch(/type ReferenceResolver<.*> = \(\s*reference: TReference,\s*args: Record<string, never>,/)
  expect(types).not.toMatch(/\| FederationReferenceType,/)
  expect(types).not.toMatch(/\| FederationReferenceTypes\[/)
})
