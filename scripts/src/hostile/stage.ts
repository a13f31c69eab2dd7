import { randomUUID } from 'node:crypto'
import { operation } from '../demo/operations.ts'
import { purchase } from '../demo/purchase.ts'
import type { Ask } from '../graph.ts'
import { REGISTER_PARTNER, VERIFY_PARTNER } from '../seed/operations.ts'
import { STADIUM_EVENT_TITLE } from '../seed/programme.ts'
import { until } from '../wait.ts'

/** The people who send what is hostile, and one more whom they do it to. */
export interface Cast {
  readonly buyer: Ask
  readonly rival: Ask
  readonly promoter: Ask
  readonly operator: Ask
}

/** Ids of things that there are. */
export interface Facts {
  readonly addressId: string
  readonly adminId: string
  readonly bookingId: string
  readonly bookingToCancelId: string
  readonly buyerId: string
  readonly draftEventId: string
  readonly eventId: string
  readonly holdId: string
  readonly notificationId: string
  readonly openPaymentId: string
  readonly otherVenueId: string
  readonly partnerId: string
  readonly partnerToRejectId: string
  readonly partnerToSuspendId: string
  readonly paymentId: string
  readonly pendingBookingId: string
  readonly rivalId: string
  readonly seatId: string
  readonly seatedTypeId: string
  readonly seatingPlanId: string
  readonly standingTypeId: string
  readonly templateId: string
  readonly ticketCode: string
  readonly ticketId: string
  readonly venueId: string
}

/** Makes one of everything that an id can name, so that a request is not turned away for naming nothing. */
export async function setStage(cast: Cast): Promise<Facts> {
  await giveTime(cast.operator)
  await purchase(cast, { eventTitle: STADIUM_EVENT_TITLE }, { step: (_title, work) => work() }, () => undefined)
  const event = await stadium(cast.buyer)
  const [bought, draftEventId, rest, partners, people] = await Promise.all([
    whatWasBought(cast.buyer),
    aDraft(cast.promoter, event),
    inEveryState(cast.buyer, event),
    partnersToDecideOn(cast),
    peopleOf(cast),
  ])
  return { ...event, ...bought, draftEventId, ...rest, ...partners, ...people }
}

/** Nothing must run out of time by itself while somebody looks at what changes. */
async function giveTime(operator: Ask): Promise<void> {
  const settings = { 'booking.holdMinutes': 60, 'booking.holdMinutesMax': 120, 'booking.paymentMinutes': 120 }
  for (const [key, value] of Object.entries(settings)) {
    await operator(
      `mutation GiveTime($input: ChangeSettingInput!) { changeSetting(input: $input) { ... on Setting { key } } }`,
      { input: { key, value, expectedVersion: 0 } },
    )
  }
}

async function stadium(buyer: Ask) {
  type Answer = {
    events: {
      edges: {
        node: {
          id: string
          venue: { id: string }
          partner: { id: string }
          sections: { name: string; available: number }[]
          ticketTypes: { id: string; seated: boolean }[]
        }
      }[]
    }
  }
  const { events } = await buyer<Answer>(
    `query Stadium($filter: EventFilter) {
      events(first: 1, filter: $filter) {
        edges { node { id venue { id } partner { id } sections { name available } ticketTypes { id seated } } }
      }
    }`,
    { filter: { text: STADIUM_EVENT_TITLE } },
  )
  const node = present(events.edges[0]).node
  const section = present(node.sections.find(({ available }) => available > 0)).name
  const { event } = await buyer<{ event: { seats: { id: string; status: string }[] } }>(operation('EventSeats'), {
    eventId: node.id,
    section,
  })
  return {
    eventId: node.id,
    venueId: node.venue.id,
    partnerId: node.partner.id,
    seatId: present(event.seats.find(({ status }) => status === 'AVAILABLE')).id,
    seatedTypeId: present(node.ticketTypes.find(({ seated }) => seated)).id,
    standingTypeId: present(node.ticketTypes.find(({ seated }) => !seated)).id,
  }
}

async function whatWasBought(buyer: Ask) {
  type Answer = {
    bookings: {
      edges: {
        node: {
          id: string
          payment: { id: string } | null
          tickets: { id: string; status: string; code: string | null }[]
        }
      }[]
    }
  }
  const { bookings } = await buyer<Answer>(
    `query Bought { bookings(first: 20, filter: { status: CONFIRMED }) {
      edges { node { id payment { id } tickets { id status code } } }
    } }`,
  )
  const tickets = bookings.edges.flatMap(({ node }) => node.tickets.map((ticket) => ({ ...ticket, booking: node })))
  const unused = present(tickets.find(({ status, code }) => status === 'ACTIVE' && code))
  return {
    bookingId: unused.booking.id,
    paymentId: present(unused.booking.payment).id,
    ticketCode: present(unused.code),
    ticketId: unused.id,
  }
}

/** An event that nobody else has to do with. */
async function aDraft(promoter: Ask, { partnerId, venueId }: { partnerId: string; venueId: string }): Promise<string> {
  const startsAt = new Date(Date.now() + 200 * 86_400_000)
  const { createEvent } = await promoter<{ createEvent: { id?: string } }>(
    `mutation Draft($input: CreateEventInput!) { createEvent(input: $input) { ... on Event { id } } }`,
    {
      input: {
        partnerId,
        venueId,
        title: 'A draft',
        category: 'OTHER',
        startsAt: startsAt.toISOString(),
        endsAt: new Date(startsAt.getTime() + 3_600_000).toISOString(),
        currency: 'GBP',
        ticketTypes: [{ name: 'Standing', seated: false, price: 1_000, capacity: 10 }],
      },
    },
  )
  return present(createEvent.id)
}

/** A hold, a booking that waits for money, and one that may be cancelled. */
async function inEveryState(buyer: Ask, { eventId, standingTypeId }: { eventId: string; standingTypeId: string }) {
  const key = () => ({ idempotencyKey: randomUUID() })
  const member = async (name: string, document: string, input: object) =>
    present((await buyer<Record<string, { id?: string }>>(operation(document), { input }))[name]?.id)
  const hold = () =>
    member('holdGeneralAdmission', 'HoldGeneralAdmission', {
      eventId,
      ticketTypeId: standingTypeId,
      quantity: 1,
      ...key(),
    })
  const booked = async () => member('checkout', 'Checkout', { holdId: await hold(), ...key() })
  const payment = (bookingId: string) => member('startPayment', 'StartPayment', { bookingId, method: 'CARD', ...key() })

  const bookingToCancelId = await booked()
  const paymentId = await payment(bookingToCancelId)
  await member('confirmPayment', 'ConfirmPayment', { paymentId, instrument: 'tok_success' })
  await until('a booking that can be cancelled', async () => {
    const { booking } = await buyer<{ booking: { status: string } }>(operation('BookingAcrossServices'), {
      id: bookingToCancelId,
    })
    return booking.status === 'CONFIRMED' || undefined
  })
  const pendingBookingId = await booked()
  return {
    bookingToCancelId,
    pendingBookingId,
    openPaymentId: await payment(pendingBookingId),
    holdId: await hold(),
  }
}

async function partnersToDecideOn({ promoter, operator }: Cast) {
  const registered = async (companyName: string) => {
    const input = { companyName, contactEmail: 'somebody@example.com' }
    const { registerPartner } = await promoter<{ registerPartner: { id?: string; partnerId?: string } }>(
      REGISTER_PARTNER,
      { input },
    )
    return present(registerPartner.id ?? registerPartner.partnerId)
  }
  const partnerToRejectId = await registered('Hope Halls')
  const partnerToSuspendId = await registered('Hostile Halls')
  await operator(VERIFY_PARTNER, { partnerId: partnerToSuspendId })
  type Answer = { venues: { edges: { node: { id: string } }[] }; events: { edges: { node: { id: string } }[] } }
  const { venues } = await promoter<Answer>('query Venues { venues(first: 1) { edges { node { id } } } }')
  return { partnerToRejectId, partnerToSuspendId, otherVenueId: present(venues.edges[0]).node.id }
}

async function peopleOf({ buyer, rival, promoter, operator }: Cast) {
  const me = async (ask: Ask) => (await ask<{ me: { id: string } }>('query Me { me { id } }')).me.id
  const { addAddress } = await buyer<{ addAddress: { id: string } }>(
    `mutation Address($input: AddAddressInput!) { addAddress(input: $input) { ... on Address { id } } }`,
    { input: { type: 'HOME', line1: '1 High Street', city: 'London', country: 'GB' } },
  )
  const { myNotifications } = await buyer<{ myNotifications: { edges: { node: { id: string } }[] } }>(
    'query Mine { myNotifications(first: 1) { edges { node { id } } } }',
  )
  const { myAdmin, notificationTemplates } = await operator<{
    myAdmin: { id: string }
    notificationTemplates: { id: string }[]
  }>('query Operator { myAdmin { id } notificationTemplates { id } }')
  const { venue } = await promoter<{ venue: { seatingPlans: { id: string }[] } | null }>(
    `query Plans($id: ID!) { venue(id: $id) { seatingPlans { id } } }`,
    { id: (await stadium(buyer)).venueId },
  )
  return {
    buyerId: await me(buyer),
    rivalId: await me(rival),
    addressId: addAddress.id,
    notificationId: present(myNotifications.edges[0]).node.id,
    adminId: myAdmin.id,
    templateId: present(notificationTemplates[0]).id,
    seatingPlanId: present(venue?.seatingPlans[0]).id,
  }
}

function present<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new Error('the demo data is not what the stage is set from')
  return value
}
