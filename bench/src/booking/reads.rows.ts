import { anonymous } from '@tikitu/runtime/identity'
import { alternate, median, ratio } from './rounds.ts'
import { goal, type Parts } from './seats.rows.ts'
import { aHall, anEvent } from './world.ts'

const CLIENTS = 4

/** Who look at a map while they wait for the opening. */
const LOOKERS = 16

const OBJECTS = 'query ($id: ID!) { event(id: $id) { __typename seats { id status } } }'
const COMPACT =
  'query ($id: ID!) { seatMap(eventId: $id) { __typename version sections { name seats available states } } }'

/** The seat map of a hall: as objects, and in two bits a seat. */
export async function measureSeatMap(parts: Parts): Promise<void> {
  const { stage, seller, options, context } = parts
  const seats = options.sellOut.small
  const { eventId } = await anEvent(stage, seller, { hall: await aHall(stage, seller, seats) })
  const bytes = { objects: 0, compact: 0 }
  const read = async (form: keyof typeof bytes, query: string) => {
    const result = await ask(parts, query, { id: eventId })
    bytes[form] = result.bytes
    return result.perSecond
  }
  const readFile = async () => {
    const { port, identitySecret } = stage
    const want = { kind: 'file', path: `/events/${eventId}/seat-map` } as const
    const { seconds } = options
    return (await parts.load.run({ port, identitySecret, want, clients: LOOKERS, seconds, requestsMax: 60_000 }))
      .perSecond
  }
  await read('compact', COMPACT)
  await readFile()
  const reached = await alternate(options.rounds, {
    objects: () => read('objects', OBJECTS),
    compact: () => read('compact', COMPACT),
    file: readFile,
  })
  context.figure({ name: `seat map of ${seats} seats, objects`, value: bytes.objects / 1000, unit: 'kB' })
  context.figure({
    name: `seat map of ${seats} seats, compact`,
    value: bytes.compact / 1000,
    unit: 'kB',
    ...goal(options, { atMost: 10 }),
  })
  context.figure({ name: 'seat maps, objects', value: median(reached.objects), unit: '1/s' })
  context.figure({ name: 'seat maps, compact', value: median(reached.compact), unit: '1/s' })
  context.figure({
    name: 'seat maps, compact, as a file',
    value: median(reached.file),
    unit: '1/s',
    ...goal(options, { atLeast: 10_000 }),
  })
  context.figure({
    name: 'seat maps, compact, times objects',
    value: ratio(reached.compact, reached.objects),
    unit: 'x',
    ...goal(options, { atLeast: 100 }),
  })
}

/** A long list of events: its first page, one from the middle, and words. */
export async function measureEventList(parts: Parts): Promise<void> {
  const { stage, options, context, seller } = parts
  const { eventId } = await anEvent(stage, seller)
  await copyEvent(parts, eventId)
  const middle = await pageAt(parts, options.events / 2)
  const milliseconds = async (variables: object) => (await ask(parts, PAGE, variables, 1)).p50
  const reached = await alternate(options.rounds, {
    first: () => milliseconds({}),
    middle: () => milliseconds({ after: middle }),
    text: () => milliseconds({ text: 'evening 777' }),
    offset: async () => {
      const startedAt = performance.now()
      await stage.pool.query(OFFSET, [options.events / 2])
      return performance.now() - startedAt
    },
  })
  const known = (name: string, value: number) => context.figure({ name, value, unit: 'ms' })
  known(`list of ${options.events} events, first page, p50`, median(reached.first))
  known('list of events, page in the middle, p50', median(reached.middle))
  known('list of events, two words, p50', median(reached.text))
  known('list of events, page in the middle by OFFSET, in the database alone', median(reached.offset))
  context.figure({
    name: 'list of events, page in the middle, times the first',
    value: ratio(reached.middle, reached.first),
    unit: 'x',
    ...goal(options, { atMost: 1.5 }),
  })
}

const PAGE = `query ($after: String, $text: String) {
  events(first: 20, after: $after, filter: { text: $text }) { __typename edges { node { id title startsAt } } pageInfo { endCursor } } }`
const LONG_PAGE = `query ($after: String) { events(first: 100, after: $after) { pageInfo { endCursor hasNextPage } } }`
const OFFSET = `select event_id, starts_at from event_listings where status = 'PUBLISHED' order by starts_at, event_id limit 20 offset $1`

/** As many events as are wanted, all alike but for their title and their start. Columns are those that there are. */
async function copyEvent({ stage, options }: Parts, eventId: string): Promise<void> {
  const { rows } = await stage.pool.query<{ name: string }>(
    `select quote_ident(column_name) as name from information_schema.columns
      where table_schema = 'public' and table_name = 'events' and is_generated = 'NEVER'`,
  )
  const names = rows.map(({ name }) => name)
  const values = names.map((name) => {
    if (name === 'id') return 'uuidv7()'
    if (name === 'title') return `'An evening ' || number`
    return /^(starts|ends|doors|sales_close)_at$/.test(name) ? `${name} + number * interval '1 minute'` : name
  })
  await stage.pool.query(
    `insert into events (${names.join(', ')})
     select ${values.join(', ')} from events, generate_series(1, $2::integer) as number where id = $1`,
    [eventId, options.events],
  )
  await stage.pool.query('analyze events')
  await stage.pool.query('vacuum analyze event_listings')
}

/** Where the page begins that has so many events before it. */
async function pageAt({ stage }: Parts, place: number): Promise<string> {
  let after: string | null = null
  for (let passed = 0; passed < place; passed += 100) {
    const { events } = await stage.ask(anonymous('bench'), LONG_PAGE, { after })
    after = (events as { pageInfo: { endCursor: string } }).pageInfo.endCursor
  }
  return after ?? ''
}

function ask({ load, stage, options }: Parts, query: string, variables: object, clients = CLIENTS) {
  const { port, identitySecret } = stage
  const want = { kind: 'read', query, variables } as const
  return load.run({ port, identitySecret, want, clients, seconds: options.seconds, requestsMax: 30_000 })
}
