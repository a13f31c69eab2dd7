import { subgraphSdl } from '@tikitu/schema/sdl'
import { buildSchema } from 'graphql'
import { describe, expect, test } from 'vitest'
import { schemaChanges } from './changes.ts'
import { problemsWith, withPublication } from './changelog.ts'
import { publicSchema } from './public-schema.ts'

const PUBLISHED = `
  directive @live(every: Int) on FIELD
  interface Named { name: String! }
  type Query { events(first: Int = 20, filter: EventFilter): [Event!]! find(text: String): Found }
  type Event implements Named { name: String! title: String status: Status! }
  type Venue { name: String! city: String }
  union Found = Event | Venue
  enum Status { ON_SALE SOLD_OUT }
  input EventFilter { city: String, price: Int! = 100 }
  scalar Date
`

/** Ways to break a client, each as a change of the text above and where it breaks. */
const BREAKING = [
  ['a field is removed', 'title: String ', '', 'Event.title'],
  ['a field may be null now', 'type Venue { name: String!', 'type Venue { name: String', 'Venue.name'],
  ['a field has another type', 'status: Status!', 'status: String!', 'Event.status'],
  ['an argument is removed', ', filter: EventFilter', '', 'Query.events.filter'],
  ['a required argument is added', 'text: String', 'text: String, near: String!', 'Query.find.near'],
  ['an argument is required now', 'find(text: String)', 'find(text: String!)', 'Query.find.text'],
  ['the default of an argument is gone', 'first: Int = 20', 'first: Int', 'Query.events.first'],
  ['an input field is required now', '{ city: String,', '{ city: String!,', 'EventFilter.city'],
  ['a required input field is added', '{ city: String,', '{ city: String, day: Date!,', 'EventFilter.day'],
  ['an input field is removed', 'city: String, price', 'price', 'EventFilter.city'],
  ['the default of an input field is gone', 'Int! = 100', 'Int!', 'EventFilter.price'],
  ['an enum value is removed', ' SOLD_OUT', '', 'Status.SOLD_OUT'],
  ['a member of a union is removed', ' | Venue', '', 'Found.Venue'],
  ['an interface is implemented no more', 'Event implements Named', 'Event', 'Event.Named'],
  ['a type is of another kind', 'scalar Date', 'type Date { day: Int! }', 'Date'],
  ['a type is removed', 'scalar Date', '', 'Date'],
  ['a directive for operations is removed', 'directive @live(every: Int) on FIELD', '', '@live'],
  ['an argument of a directive is removed', '@live(every: Int)', '@live', '@live.every'],
] as const

const COMPATIBLE = [
  ['a field is added', 'title: String ', 'title: String doors: Date '],
  ['a field is never null now', 'title: String ', 'title: String! '],
  ['an argument is added that may be left out', 'text: String', 'text: String, near: String'],
  ['an argument need not be given any more', 'price: Int! = 100', 'price: Int = 100'],
  ['an enum value is added', 'SOLD_OUT', 'SOLD_OUT CANCELLED'],
  ['a member of a union is added', '= Event | Venue', '= Event | Venue | Hall type Hall { name: String! }'],
  ['a field is deprecated', 'title: String ', 'title: String @deprecated(reason: "use name") '],
  ['a field is described', 'title: String ', '"What it is called." title: String '],
] as const

const changed = (from: string, to: string) => {
  expect(PUBLISHED).toContain(from)
  return schemaChanges(buildSchema(PUBLISHED), buildSchema(PUBLISHED.replace(from, to)))
}

const changelog = (...entries: string[]) =>
  ['# Changes', '', '## Unpublished', '', ...entries, '', '## 2026-01-01', '', '- BREAKING Event.title: gone', ''].join(
    '\n',
  )

describe('what breaks clients is refused by its name', () => {
  test.each(BREAKING)('%s', async (_, from, to, coordinate) => {
    expect(problemsWith(await changed(from, to), changelog())).toEqual([
      expect.stringMatching(new RegExp(`^${coordinate.replaceAll('.', String.raw`\.`)} would break clients: .`)),
    ])
  })

  test.each(BREAKING)('%s: an entry for just that lets it pass', async (_, from, to, coordinate) => {
    expect(problemsWith(await changed(from, to), changelog(`- BREAKING ${coordinate}: use another`))).toEqual([])
    expect(problemsWith(await changed(from, to), changelog(`- BREAKING \`${coordinate}\`: use another`))).toEqual([])
  })

  test('an entry lets nothing else pass, however alike, and none without a word of what to do', async () => {
    const changes = await changed('{ name: String! title: String status: Status! }', '{ name: String! }')
    const entries = ['- BREAKING Event.title: use name', '- BREAKING Event: all of it', '- BREAKING Event.status:']
    expect(problemsWith(changes, changelog(...entries))).toEqual([
      expect.stringMatching(/^Event\.status would break clients: /),
      expect.stringMatching(/announces that Event breaks, and it does not/),
    ])
  })

  test('what an earlier publication announced says nothing about this one', async () => {
    const changes = await changed('title: String ', '')
    expect(problemsWith(changes, changelog())).toHaveLength(1)
  })

  test('a break that was announced and did not happen is refused', () => {
    expect(problemsWith([], changelog('- BREAKING Venue.city: use the address'))).toEqual([
      'schema/CHANGELOG.md announces that Venue.city breaks, and it does not.',
    ])
  })
})

test.each(COMPATIBLE)('nothing is wrong when %s', async (_, from, to) => {
  expect(problemsWith(await changed(from, to), changelog())).toEqual([])
})

test('it is the SDL of the subgraphs that is looked at, and only what of it is public', async () => {
  const now = publicSchema((service) =>
    subgraphSdl(service)
      .replace('  auditInventory', '  auditStock')
      .replace(' @key(fields: "id")', ' @key(fields: "id", resolvable: true)'),
  )
  const changes = await schemaChanges(publicSchema(), now)
  expect(changes.map(({ coordinate, isBreaking }) => ({ coordinate, isBreaking }))).toEqual([
    { coordinate: 'Query.auditInventory', isBreaking: true },
    { coordinate: 'Query.auditStock', isBreaking: false },
  ])
})

test('a publication is dated, with what was announced and what nobody had to announce', async () => {
  const changes = await changed('title: String ', 'doors: Date ')
  const before = changelog('- BREAKING Event.title: use name')
  const after = withPublication(before, changes, '2026-02-02')
  expect(after).toBe(
    [
      '# Changes',
      '',
      '## Unpublished',
      '',
      '## 2026-02-02',
      '',
      '- BREAKING Event.title: use name',
      "- `Event.doors`: Field 'doors' was added to object type 'Event'",
      '',
      '## 2026-01-01',
      '',
      '- BREAKING Event.title: gone',
      '',
    ].join('\n'),
  )
  expect(problemsWith([], after)).toEqual([])
})
