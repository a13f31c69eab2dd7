/** What the operations of `purchase.graphql` answer, as far as the demo reads it. */

/** Minor units and their currency. */
export interface Money {
  amount: number
  currency: string
}

export interface Connection<Node> {
  edges: { cursor: string; node: Node }[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

export interface TicketType {
  id: string
  name: string
  seated: boolean
  price: Money
  available: number
}

export interface Event {
  id: string
  title: string
  status: string
  startsAt: string
  venue: { id: string; name: string; city: string; partner: { companyName: string } | null } | null
  ticketTypes: TicketType[]
}

export interface Seat {
  id: string
  section: string
  row: string
  number: string
  status: string
  ticketTypeId: string | null
}

export interface Hold {
  __typename: 'Hold'
  id: string
  expiresAt: string
  lines: { ticketTypeId: string; quantity: number; unitPrice: Money }[]
  seats: Pick<Seat, 'id' | 'section' | 'row' | 'number'>[]
  total: Money
}

/** Any refusal of the purchase: which, why, and the facts that some of them carry. */
export interface Refused {
  __typename: string
  message: string
  seatIds?: string[]
}

export interface Booking {
  __typename: 'Booking'
  id: string
  reference: string
  status: string
  total: Money
  paymentDeadline: string | null
}

export interface Payment {
  __typename: 'Payment'
  id: string
  status: string
  amount: Money
  provider: string
  clientSecret: string | null
  failureCode: string | null
}

export interface BookingAcrossServices {
  id: string
  reference: string
  status: string
  total: Money
  user: { id: string; firstName: string; email: string } | null
  event: {
    id: string
    title: string
    startsAt: string
    venue: { name: string; city: string; partner: { companyName: string } | null } | null
  } | null
  payment: { id: string; status: string; amount: Money } | null
  tickets: {
    id: string
    status: string
    code: string
    seat: { section: string; row: string; number: string } | null
    holderName: string | null
  }[]
}

export interface CheckIn {
  __typename: 'CheckInAccepted' | 'CheckInRefused'
  ticket?: { id: string; status: string }
  at?: string
  reason?: string
  message?: string
  firstUsedAt?: string | null
}
