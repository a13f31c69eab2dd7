import type { ServiceName } from '@tikitu/schema/services'

/** A thing with the fields of its type. Everything has its type's name: a gateway may ask for it anywhere. */
export interface Thing {
  readonly __typename: string
  readonly [field: string]: unknown
}

/** What a stand-in knows: how to answer its queries, and how to find a thing of a type by its id. */
export interface Knowledge {
  readonly queries: Readonly<Record<string, (args: Readonly<Record<string, unknown>>) => Thing | null>>
  readonly entities: Readonly<Record<string, (id: string) => Thing>>
}

/** Bookings there are, each of another user; two of each event, and the events at ten venues. */
const BOOKINGS = 1000
const VENUES = 10

const id = (kind: string, number: number) => `01900000-0000-7000-8${kind}00-${String(number).padStart(12, '0')}`
const numberOf = (wanted: unknown) => Number(String(wanted).slice(-12))
/** Things there are more of than are worth making anew for each request. */
const once = <T>(make: (number: number) => T) => {
  const made = new Map<number, T>()
  return (number: number) => {
    const known = made.get(number) ?? make(number)
    made.set(number, known)
    return known
  }
}

/** The id of the event of this number, from 1 to 500. */
export const eventId = (number: number) => id('d', number)

/** The id of the booking of this number, from 1 to 1,000. */
export const bookingId = (number: number) => id('e', number)

const reference = (__typename: string, kind: string, number: number): Thing => ({ __typename, id: id(kind, number) })
const money = (amount: number): Thing => ({ __typename: 'Money', amount, currency: 'EUR' })
const instant = (day: number, hour: number) => new Date(Date.UTC(2027, 4, 1 + (day % 300), hour, 30)).toISOString()

const event = once((number) => ({
  __typename: 'Event',
  id: eventId(number),
  title: `The Long Night of Football ${number}`,
  startsAt: instant(number, 18),
  doorsAt: instant(number, 17),
  timezone: 'Europe/London',
  status: 'PUBLISHED',
  venue: reference('Venue', 'c', 1 + (number % VENUES)),
  ticketTypes: ['Main stand', 'Other stands', 'Standing'].map((name, index) => ({
    __typename: 'TicketType',
    id: `${eventId(number).slice(0, -1)}${index}`,
    name,
    seated: index < 2,
    price: money(6500 - 1000 * index),
    available: 2000 + number * (1 + index),
  })),
}))

const booking = once((number) => ({
  __typename: 'Booking',
  id: bookingId(number),
  reference: `K7M2-${String(number).padStart(4, '0')}`,
  status: 'CONFIRMED',
  createdAt: instant(number, 9),
  total: money(9100 + number),
  user: reference('User', 'a', number),
  event: event(Math.ceil(number / 2)),
}))

const bookings = once((first) => ({
  __typename: 'BookingConnection',
  edges: Array.from({ length: Math.min(first, BOOKINGS) }, (_, index) => ({
    __typename: 'BookingEdge',
    cursor: Buffer.from(bookingId(index + 1)).toString('base64url'),
    node: booking(index + 1),
  })),
  pageInfo: { __typename: 'PageInfo', hasNextPage: first < BOOKINGS, endCursor: String(first) },
}))

const user = once((number) => ({
  __typename: 'User',
  id: id('a', number),
  firstName: `Bella ${number}`,
  lastName: 'Byers',
  email: `buyer-${number}@example.com`,
}))

const partner = once((number) => ({
  __typename: 'Partner',
  id: id('b', number),
  companyName: `Albion Arenas ${number}`,
}))

const venue = once((number) => ({
  __typename: 'Venue',
  id: id('c', number),
  name: `Stamford Bridge ${number}`,
  city: 'London',
  country: 'GB',
  capacity: 40_000 + number,
  partner: partner(1 + (number % 3)),
}))

const paymentOfBooking = once((number) => ({
  __typename: 'Booking',
  id: bookingId(number),
  payment: {
    __typename: 'Payment',
    id: id('f', number),
    status: 'SUCCEEDED',
    provider: 'sandbox',
    amount: money(9100 + number),
  },
}))

const notificationsOfBooking = once((number) => ({
  __typename: 'Booking',
  id: bookingId(number),
  notifications: ['EMAIL', 'IN_APP'].map((channel) => ({
    __typename: 'Notification',
    id: id('9', 2 * number),
    channel,
    title: `Your tickets, booking ${number}`,
    status: 'SENT',
  })),
}))

const byId =
  <T extends Thing>(make: (number: number) => T) =>
  (wanted: string) =>
    make(numberOf(wanted))

/** What each of the six stand-ins knows. */
export const WORLD: Readonly<Record<ServiceName, Knowledge>> = {
  admin: { queries: {}, entities: {} },
  partner: { queries: {}, entities: { Venue: byId(venue), Partner: byId(partner) } },
  payment: { queries: {}, entities: { Booking: byId(paymentOfBooking) } },
  notification: { queries: {}, entities: { Booking: byId(notificationsOfBooking) } },
  booking: {
    queries: {
      event: (args) => event(numberOf(args['id'])),
      booking: (args) => booking(numberOf(args['id'])),
      bookings: (args) => bookings(Number(args['first'] ?? 20)),
    },
    entities: { Event: byId(event), Booking: byId(booking) },
  },
  user: { queries: {}, entities: { User: byId(user) } },
}
