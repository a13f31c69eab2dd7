import { newId } from '@tikitu/runtime/ids'
import { aMachine, aPartnerUser, nobody, testService, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, expect, test } from 'vitest'
import { TICKET_KEY_SECRET } from '../test/build.ts'
import { aDraftWish, draft } from '../test/drafts.ts'
import { aSale } from '../test/sales.ts'
import { defineBooking } from './service.ts'

let booking: TestService
let eventId: string
let partnerId: string
beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
  ;({ eventId, partnerId } = await aSale(booking.database))
})

const codesOf = ({ errors }: { errors: readonly { extensions: Record<string, unknown> }[] }) =>
  errors.map(({ extensions }) => extensions['code'])

/** Words that mean something to tsquery, LIKE, regular expressions, JSON or C. */
const TERMS = [
  '& | ! <-> :*',
  "tosca' & 'x",
  'tosca:*A',
  '!tosca',
  '(tosca',
  '%_\\',
  'to%ca',
  '\\',
  "'; drop table events; --",
  '$1 {} [] .* ^$ (?<x>a+)+$',
  'a'.repeat(10_000),
  'ab '.repeat(3_400),
  '\u202Etosca',
  'İIıß',
  '\u{1F3BB}',
]

test('whatever is searched for is words, and finds no more than words do', { timeout: 30_000 }, async () => {
  const SEARCH = `query ($text: String!) { events(filter: { text: $text }) { edges { node { id } } } eventSuggestions(text: $text) { text } }`
  for (const text of TERMS) {
    const { data, errors } = await booking.graph(nobody(), SEARCH, { text })
    expect([text.slice(0, 40), codesOf({ errors }).filter((code) => code !== 'BAD_USER_INPUT')]).toEqual([
      text.slice(0, 40),
      [],
    ])
    if (!/tosca/i.test(text)) expect(data?.events?.edges ?? []).toEqual([])
  }
  // NUL and half a letter are in no text of the database.
  for (const text of ['to\u0000sca', '\ud800'])
    expect(codesOf(await booking.graph(nobody(), SEARCH, { text })).includes('INTERNAL')).toBe(false)
  const filters = ['city', 'country', 'currency', 'venueId', 'partnerId']
  for (const name of filters) {
    const query = `query ($value: String!, $id: ID!) { events(filter: { ${name}: ${name.endsWith('Id') ? '$id' : '$value'} }) { edges { node { id } } } }`
    for (const value of ["' or 1=1 --", '%', '\u0000', '\ud800', 'x'.repeat(10_000)]) {
      const declared = name.endsWith('Id') ? query.replace('$value: String!, ', '') : query.replace(', $id: ID!', '')
      const { data, errors } = await booking.graph(nobody(), declared, { value, id: value })
      expect([name, value.slice(0, 12), codesOf({ errors }).includes('INTERNAL')]).toEqual([
        name,
        value.slice(0, 12),
        false,
      ])
      expect(data?.events?.edges ?? []).toEqual([])
    }
  }
})

const cursorOf = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url')

test('a cursor that is none, is another list’s or was tampered with is bad input in every list', async () => {
  const owner = { ...aPartnerUser(partnerId), userId: newId() }
  const lists = [
    ['{ events(after: $after) { edges { cursor } } }', nobody()],
    ['{ events(sort: POPULARITY, after: $after) { edges { cursor } } }', nobody()],
    ['{ bookings(after: $after) { edges { cursor } } }', owner],
    ['{ tickets(after: $after) { edges { cursor } } }', owner],
    [`{ doorDevices(partnerId: "${partnerId}", after: $after) { edges { cursor } } }`, owner],
    [`{ doorConflicts(eventId: "${eventId}", after: $after) { edges { cursor } } }`, owner],
    [`{ event(id: "${eventId}") { displacedTickets(after: $after) { edges { cursor } } } }`, owner],
  ] as const
  const cursors = [
    '',
    '-1',
    '%%%',
    'x'.repeat(5_000),
    cursorOf(-1),
    cursorOf({}),
    cursorOf([null]),
    cursorOf(["' or 1=1 --"]),
    cursorOf(['\u0000']),
    cursorOf([newId(), newId(), newId(), newId(), newId(), newId()]),
    cursorOf(['-infinity', newId()]),
  ]
  for (const [selection, identity] of lists) {
    for (const after of cursors) {
      const answer = await booking.graph(identity, `query ($after: String) ${selection}`, { after })
      expect([selection, after.slice(0, 40), codesOf(answer)]).toEqual([
        selection,
        after.slice(0, 40),
        ['BAD_USER_INPUT'],
      ])
    }
    for (const first of [-1, 0, 101, 2_147_483_647]) {
      const paged = selection.replace('after: $after', 'first: $first')
      const answer = await booking.graph(identity, `query ($first: Int!) ${paged}`, { first })
      expect([selection, first, codesOf(answer)]).toEqual([selection, first, ['BAD_USER_INPUT']])
    }
  }
})

test('a partner’s machine does what its scopes say, and nothing without them', async () => {
  const { input, owner, partnerId: seller } = await aDraftWish(booking)
  const { id } = (await draft(booking, owner, input)).data.createEvent
  const key = { idempotencyKey: newId() }
  const later = new Date(Date.now() + 40 * 86_400_000).toISOString()
  const writes: Record<string, object> = {
    createEvent: { ...input, ...key },
    updateEvent: { eventId: id, title: 'Taken over', ...key },
    publishEvent: { eventId: id },
    changeTicketTypes: { eventId: id, ...key },
    changeSeatingPlan: { eventId: id, seatingPlanId: newId(), ...key },
    rescheduleEvent: { eventId: id, startsAt: later, reason: 'x', ...key },
    cancelEvent: { eventId: id, reason: 'x', ...key },
    completeEvent: { eventId: id, ...key },
    requestImageUpload: { eventId: id, contentType: 'image/png', bytes: 10 },
    checkIn: { eventId: id, code: 'x', nonce: newId(), gate: 'x' },
    uploadScans: {
      eventId: id,
      scans: [{ nonce: newId(), code: 'x', gate: 'x', scannedAt: new Date().toISOString() }],
    },
    issueDeviceToken: { partnerId: seller, name: 'x', ...key },
    revokeDevice: { deviceId: newId() },
    refundBooking: { bookingId: newId(), amount: 1, reason: 'x', ...key },
    cancelBooking: { bookingId: newId(), reason: 'x', ...key },
    holdSeats: { eventId, seatIds: ['Stalls-1-1'], channel: 'PARTNER', ...key },
  }
  const needed: Record<string, string> = { checkIn: 'tikitu/checkin.write', uploadScans: 'tikitu/checkin.write' }
  const all = ['tikitu/events.read', 'tikitu/events.write', 'tikitu/sales.read', 'tikitu/checkin.write']
  for (const [name, wish] of Object.entries(writes)) {
    const type = name.charAt(0).toUpperCase() + name.slice(1)
    const query = `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename } }`
    const others = all.filter((scope) => scope !== (needed[name] ?? 'tikitu/events.write'))
    for (const identity of [aMachine(seller, others), aMachine(seller, []), aMachine(newId(), all)]) {
      const { data, errors } = await booking.graph(identity, query, { input: wish })
      const said = codesOf({ errors })[0] ?? data[name].__typename
      expect([name, said]).toEqual([
        name,
        expect.stringMatching(/^(FORBIDDEN|UNAUTHENTICATED|\w+NotFound|PartnerMayNotSell)$/),
      ])
    }
  }
  const { data } = await booking.graph(owner, 'query ($id: ID!) { event(id: $id) { title status } }', { id })
  expect(data.event).toEqual({ title: 'An evening', status: 'DRAFT' })
})

test('an event in the hour that comes twice, or never, begins at the instant that was said', async () => {
  const { input, owner } = await aDraftWish(booking)
  // In Berlin 02:30 is skipped on the last Sunday of March, and comes twice on that of October.
  const year = new Date().getUTCFullYear() + 1
  const [spring, autumn] = [lastSunday(year, 'March'), lastSunday(year, 'October')]
  for (const startsAt of [`${spring}T01:30:00.000Z`, `${autumn}T00:30:00.000Z`, `${autumn}T01:30:00.000Z`]) {
    const hours = (count: number) => new Date(Date.parse(startsAt) + count * 3_600_000).toISOString()
    const times = { startsAt, endsAt: hours(3), doorsAt: hours(-1), salesCloseAt: hours(-2), salesOpenAt: null }
    const { id } = (await draft(booking, owner, { ...input, ...times })).data.createEvent
    const FACTS = `startsAt endsAt doorsAt salesCloseAt`
    const { data } = await booking.graph(owner, `query ($id: ID!) { event(id: $id) { ${FACTS} } }`, { id })
    expect(data.event).toEqual({ startsAt, endsAt: hours(3), doorsAt: hours(-1), salesCloseAt: hours(-2) })
    const MOVE = `mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { ... on Event { ${FACTS} } } }`
    const wish = { eventId: id, startsAt: hours(24 * 200), idempotencyKey: newId() }
    const moved = (await booking.graph(owner, MOVE, { input: wish })).data.updateEvent
    expect(moved).toEqual({
      startsAt: hours(24 * 200),
      endsAt: hours(24 * 200 + 3),
      doorsAt: hours(24 * 200 - 1),
      salesCloseAt: hours(24 * 200 - 2),
    })
  }
})

/** Both months have 31 days. */
function lastSunday(year: number, month: 'March' | 'October'): string {
  const last = new Date(`31 ${month} ${year} UTC`)
  last.setUTCDate(31 - last.getUTCDay())
  return last.toISOString().slice(0, 10)
}
