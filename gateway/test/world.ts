/** The little world that the fixture subgraphs serve: two buyers, two partners, two venues, three events, two bookings. */

const id = (kind: string, number: number) => `01900000-0000-7000-8${kind}00-00000000000${number}`

/** Ids by kind and number, so that a test can name what it asks for. */
export const ids = {
  user: (number: number) => id('a', number),
  partner: (number: number) => id('b', number),
  venue: (number: number) => id('c', number),
  event: (number: number) => id('d', number),
  booking: (number: number) => id('e', number),
  payment: (number: number) => id('f', number),
  notification: (number: number) => id('9', number),
  ticket: (number: number) => id('8', number),
}

export const eur = (amount: number) => ({ amount, currency: 'EUR' })

/** Accounts. Their Cognito subjects are `sub-ada` and `sub-bob`. */
export const users = [
  { id: ids.user(1), subject: 'sub-ada', email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace' },
  { id: ids.user(2), subject: 'sub-bob', email: 'bob@example.com', firstName: 'Bob', lastName: 'Noyce' },
]

/** Who sells. */
export const partners = [
  { id: ids.partner(1), companyName: 'Olympia Events', status: 'VERIFIED', createdAt: new Date(0) },
  { id: ids.partner(2), companyName: 'Arena Group', status: 'VERIFIED', createdAt: new Date(0) },
]

/** Where things happen; the first partner has the first venue, the second the second. */
export const venues = [1, 2].map((number) => ({
  id: ids.venue(number),
  name: number === 1 ? 'Olympiastadion' : 'Wembley',
  city: number === 1 ? 'Berlin' : 'London',
  country: number === 1 ? 'DE' : 'GB',
  timezone: number === 1 ? 'Europe/Berlin' : 'Europe/London',
  capacity: 1000 * number,
  isActive: true,
  partnerId: ids.partner(number),
}))

/** What happens: the first and the third event at the first venue, the second at the second. */
export const events = [1, 2, 3].map((number) => {
  const place = number === 2 ? 2 : 1
  return {
    id: ids.event(number),
    title: `Concert ${number}`,
    description: null,
    category: number === 3 ? 'THEATRE' : 'MUSIC',
    status: 'PUBLISHED',
    startsAt: new Date(`2027-05-0${number}T18:30:00.000Z`),
    endsAt: new Date(`2027-05-0${number}T22:30:00.000Z`),
    doorsAt: new Date(`2027-05-0${number}T17:30:00.000Z`),
    timezone: 'Europe/Berlin',
    currency: 'EUR',
    maxTicketsPerBuyer: 10,
    venue: { __typename: 'Venue', id: ids.venue(place) },
    partner: { __typename: 'Partner', id: ids.partner(place) },
    ticketTypes: [
      {
        id: `${ids.event(number)}-stand`,
        name: 'Main stand',
        seated: true,
        price: eur(4550),
        capacity: 2,
        available: 1,
      },
      { id: `${ids.event(number)}-floor`, name: 'Floor', seated: false, price: eur(2000), capacity: 90, available: 90 },
    ].map((type) => ({ ...type, category: null, minPerBooking: 1, maxPerBooking: 10 })),
    sections: [{ name: 'A', rows: 1, seats: 2, available: 1 }],
  }
})

/** The seats of every event. */
export const seats = [
  { id: 'A-1-1', section: 'A', row: '1', number: '1', status: 'AVAILABLE', ticketTypeId: null, accessible: true },
  { id: 'A-1-2', section: 'A', row: '1', number: '2', status: 'HELD', ticketTypeId: null, accessible: false },
]

/** The first user's booking is of the first event, the second's of the second. */
export const bookings = [1, 2].map((number) => ({
  id: ids.booking(number),
  userId: ids.user(number),
  reference: `K7M2-X9Q${number}`,
  status: 'CONFIRMED',
  user: { __typename: 'User', id: ids.user(number) },
  event: events[number - 1],
  lines: [],
  subtotal: eur(8600),
  fees: eur(400),
  taxes: eur(100),
  total: eur(9100),
  paymentDeadline: null,
  tickets: [
    {
      id: ids.ticket(number),
      status: 'ACTIVE',
      code: `code-of-${number}`,
      seat: { id: 'A-1-1', section: 'A', row: '1', number: '1' },
      ticketType: null,
      holderName: null,
      price: eur(4550),
    },
  ],
  createdAt: new Date(0),
}))

/** Each booking's payment. */
export const payments = [1, 2].map((number) => ({
  id: ids.payment(number),
  bookingId: ids.booking(number),
  status: 'SUCCEEDED',
  amount: eur(9100),
  method: 'CARD',
  provider: 'sandbox',
  clientSecret: null,
  failureCode: null,
  refunded: eur(0),
  refunds: [],
  createdAt: new Date(0),
}))

/** What each buyer was told about their booking. */
export const notifications = [1, 2].map((number) => ({
  id: ids.notification(number),
  userId: ids.user(number),
  bookingId: ids.booking(number),
  channel: 'EMAIL',
  category: 'TRANSACTIONAL',
  template: 'booking-confirmed',
  title: `Your booking ${number}`,
  body: 'See you there.',
  status: 'SENT',
  booking: { __typename: 'Booking', id: ids.booking(number) },
  createdAt: new Date(0),
}))

const changes = new EventTarget()

/** Gives a booking another status, and tells those who follow it. */
export function changeBooking(bookingId: string, status: string): void {
  const booking = bookings.find((candidate) => candidate.id === bookingId)
  if (booking) booking.status = status
  changes.dispatchEvent(new Event(bookingId))
}

/** Yields now and after each change, until the signal is aborted. */
export async function* follow(bookingId: string, gone: AbortSignal): AsyncGenerator<string> {
  let changed = Promise.withResolvers<void>()
  const wake = () => changed.resolve()
  changes.addEventListener(bookingId, wake)
  gone.addEventListener('abort', wake)
  try {
    while (!gone.aborted) {
      yield bookingId
      await changed.promise
      changed = Promise.withResolvers<void>()
    }
  } finally {
    changes.removeEventListener(bookingId, wake)
  }
}
