import { Fault } from '@tikitu/runtime/fault'
import { resolvers } from './resolvers.ts'
import { bookings, events, ids, notifications } from './world.ts'

interface Reference {
  readonly id: string
}
type Filter = { readonly category?: string | null; readonly text?: string | null } | null | undefined

/**
 * Makes the fixtures of this process less kind: an event whose venue there is not and whose partner nobody may see, a
 * booking whose buyer and payment cannot be had, rows without what they must have, resolvers that break inside of lists,
 * and arguments that come back, so that one which gets lost on its way is missed.
 */
export function addTroubles(): void {
  const [event] = events
  const [booking] = bookings
  const [notification] = notifications
  if (!event || !booking || !notification) throw new Error('the world is empty')

  const lonely = {
    ...event,
    id: ids.event(4),
    title: 'Say "Grüße", \\ or \u2028 ❤️',
    venue: { __typename: 'Venue', id: ids.venue(3) },
    partner: { __typename: 'Partner', id: ids.partner(3) },
  }
  events.push(lonely)
  bookings.push({
    ...booking,
    id: ids.booking(3),
    reference: 'K7M2-X9Q3',
    event: lonely,
    user: { __typename: 'User', id: ids.user(3) },
    lines: [],
    tickets: [...booking.tickets, ...booking.tickets.map((ticket) => ({ ...ticket, id: ids.ticket(3) }))],
  })
  notifications.push({
    ...notification,
    id: ids.notification(3),
    bookingId: ids.booking(3),
    booking: { __typename: 'Booking', id: ids.booking(3) },
  })

  extend('booking', 'Query', {
    events: (_: unknown, { first, filter }: { first: number; filter: Filter }) => page(chosen(filter).slice(0, first)),
    // A title may not be null: whatever asks for this one loses the event.
    event: (_: unknown, { id }: Reference) =>
      id === ids.event(5) ? { ...event, id, title: null } : (events.find((one) => one.id === id) ?? null),
    validateTicket: (_: unknown, { code }: { code: string }) => ({
      valid: false,
      reason: 'WRONG_EVENT',
      ticket: { ...booking.tickets[0], holderName: code },
    }),
  })
  extend('booking', 'Event', {
    description: ({ id }: Reference) => {
      if (id === ids.event(2)) throw new Error('connect ECONNREFUSED to postgres://tikitu_booking:hunter2@db:5432')
      return id === ids.event(4) ? 'A line\nand another' : null
    },
  })
  extend('booking', 'TicketType', {
    category: ({ id }: Reference) => {
      if (id.endsWith('-floor'))
        throw new Fault('FORBIDDEN', 'The floor is not yours.', { details: { id, facts: [1] } })
      return 'I'
    },
  })
  extend('booking', 'EventSection', {
    rows: ({ rows }: { rows: number }) => {
      if (rows > 1) throw new Error('there are more rows than anybody can count')
      return rows
    },
  })
  extend('partner', 'Partner', {
    __resolveReference: denyFor(ids.partner(3), 'partner', new Fault('FORBIDDEN', 'This partner is not for you.')),
    contactEmail: () => {
      throw new Fault('FORBIDDEN', 'Nobody sees the address.', { details: { field: 'contactEmail' } })
    },
  })
  extend('payment', 'Booking', {
    __resolveReference: denyFor(ids.booking(3), 'payment', new Fault('UNAVAILABLE', 'Payments rest.')),
  })
  extend('notification', 'Query', {
    previewTemplate: (_: unknown, { templateId, variables }: { templateId: string; variables: unknown }) => ({
      subject: templateId,
      // The fields of an input have no order, and the planner sorts them.
      body: JSON.stringify(variables ?? 'none', (_key, value: unknown) => sorted(value)),
    }),
  })
}

/** Adds resolvers to those of a type. */
function extend(service: keyof typeof resolvers, typeName: string, more: object): void {
  const types = resolvers[service] as Record<string, object>
  types[typeName] = { ...types[typeName], ...more }
}

type ResolveReference = (reference: Reference, args: unknown, context: unknown) => unknown

/** Finds the entity of this id with a fault, and all others as before. */
function denyFor(id: string, service: 'partner' | 'payment', fault: Fault): ResolveReference {
  const typeName = service === 'partner' ? 'Partner' : 'Booking'
  const types = resolvers[service] as Record<string, { __resolveReference?: ResolveReference }>
  const resolve = types[typeName]?.__resolveReference
  return async (reference, args, context) => {
    if (reference.id === id) throw fault
    return resolve?.(reference, args, context)
  }
}

const sorted = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
    : value

const chosen = (filter: Filter) =>
  events
    .filter(({ category }) => !filter?.category || category === filter.category)
    .filter(({ title }) => !filter?.text || title.includes(filter.text))

const page = <Node extends Reference>(nodes: readonly Node[]) => ({
  edges: nodes.map((node) => ({ cursor: node.id, node })),
  pageInfo: { hasNextPage: false, endCursor: nodes.at(-1)?.id ?? null },
})
