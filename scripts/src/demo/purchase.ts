import { randomUUID } from 'node:crypto'
import { formatMoney } from '@tikitu/runtime/money'
import QRCode from 'qrcode'
import type { Ask } from '../graph.ts'
import { until } from '../wait.ts'
import type {
  Booking,
  BookingAcrossServices,
  CheckIn,
  Connection,
  Event,
  Hold,
  Payment,
  Refused,
  Seat,
} from './answers.ts'
import { expectEqual, expectMember, expectPresent, Unexpected } from './expect.ts'
import { operation } from './operations.ts'
import { makeRoom } from './room.ts'
import type { Narrator } from './steps.ts'

/** The people of the demo, each with a client of the gateway that is signed in as them. */
export interface People {
  readonly buyer: Ask
  readonly rival: Ask
  readonly promoter: Ask
}

/** Where the demo happens: an event with seats and general admission whose doors are open. */
export interface Stage {
  readonly eventTitle: string
}

/** Buys tickets as a person would, and is strict about every answer. Throws at the first that is not as promised. */
export async function purchase(
  people: People,
  stage: Stage,
  narrate: Narrator,
  print: (text: string) => void,
): Promise<void> {
  const event = await browse(people.buyer, stage, narrate)
  await makeRoom(people, event.id)
  const [section, seats] = await lookAtSeats(people.buyer, event, narrate)
  await beRefused(people, event, seats, narrate)
  const hold = await holdTwoAdjacent(people.buyer, event, section, narrate)
  const booking = await checkOut(people.buyer, hold, narrate)
  await payAfterADecline(people.buyer, booking, narrate)
  const confirmed = await receiveTickets(people.buyer, booking, narrate)
  for (const ticket of confirmed.tickets) print(await QRCode.toString(ticket.code, { type: 'utf8' }))
  await askAcrossServices(people.buyer, event, booking, narrate)
  await comeIn(people.promoter, event, confirmed, narrate)
  await changeOnesMind(people.buyer, event, narrate)
  await getMoneyBack(people.buyer, event, narrate)
  await readMail(people.buyer, booking, narrate)
}

async function browse(buyer: Ask, { eventTitle }: Stage, { step }: Narrator): Promise<Event> {
  return step(
    'browse the events',
    async () => {
      const answer = await buyer<{ events: Connection<Event> }>(operation('BrowseEvents'), {
        filter: { text: eventTitle },
        first: 20,
      })
      const event = expectPresent(
        `an event "${eventTitle}"`,
        answer.events.edges.find(({ node }) => node.title === eventTitle)?.node,
      )
      expectPresent('its venue', event.venue)
      return event
    },
    (event) => `${event.title}, ${event.venue?.name}, ${event.ticketTypes.length} ticket types`,
  )
}

async function lookAtSeats(buyer: Ask, event: Event, { step }: Narrator): Promise<[string, Seat[]]> {
  type Answer = {
    event: { sections: { name: string; rows: number; seats: number; available: number }[]; seats: Seat[] }
  }
  return step(
    'look at the seats',
    async () => {
      const { sections } = (
        await buyer<Answer>(operation('EventSeats'), { eventId: event.id, section: 'no such section' })
      ).event
      const section = expectPresent(
        'a section with free seats',
        sections.find(({ available }) => available >= 4),
      ).name
      const { seats } = (await buyer<Answer>(operation('EventSeats'), { eventId: event.id, section })).event
      return [section, seats] as [string, Seat[]]
    },
    ([section, seats]) =>
      `section ${section}, ${seats.filter(({ status }) => status === 'AVAILABLE').length} of ${seats.length} free`,
  )
}

const hold = (ask: Ask, eventId: string, seatIds: readonly string[]) =>
  ask<{ holdSeats: Hold | Refused }>(operation('HoldSeats'), {
    input: { eventId, seatIds, idempotencyKey: randomUUID() },
  }).then(({ holdSeats }) => holdSeats)

const release = (ask: Ask, holdId: string) =>
  ask<{ releaseHold: { __typename: string; id: string } }>(operation('ReleaseHold'), { input: { holdId } }).then(
    ({ releaseHold }) => releaseHold,
  )

async function beRefused(
  { buyer, rival }: People,
  event: Event,
  seats: readonly Seat[],
  { step }: Narrator,
): Promise<void> {
  const wanted = expectPresent(
    'a free seat',
    seats.findLast(({ status }) => status === 'AVAILABLE'),
  )
  const theirs = await step(
    'a rival holds a seat',
    async () => expectMember('the rival’s hold', await hold(rival, event.id, [wanted.id]), 'Hold') as Hold,
    () => wanted.id,
  )
  try {
    await step(
      'we are refused the same seat',
      async () => {
        const refused = expectMember('our hold', await hold(buyer, event.id, [wanted.id]), 'SeatsTaken') as Refused
        expectEqual('the seats that are taken', refused.seatIds, [wanted.id])
        return refused
      },
      ({ message }) => message,
    )
  } finally {
    await release(rival, theirs.id)
  }
}

async function holdTwoAdjacent(buyer: Ask, event: Event, section: string, { step }: Narrator): Promise<Hold> {
  return step(
    'hold two seats next to each other',
    async () => {
      const answer = await buyer<{ event: { seats: Seat[] } }>(operation('EventSeats'), { eventId: event.id, section })
      const pair = expectPresent('two adjacent free seats', adjacentPair(answer.event.seats))
      const held = expectMember(
        'the hold',
        await hold(
          buyer,
          event.id,
          pair.map(({ id }) => id),
        ),
        'Hold',
      ) as Hold
      expectEqual('the seats held', held.seats.map(({ id }) => id).toSorted(), pair.map(({ id }) => id).toSorted())
      const price = expectPresent(
        'their price',
        event.ticketTypes.find(({ id }) => id === pair[0].ticketTypeId),
      ).price
      expectEqual('the total', held.total, { amount: price.amount * 2, currency: price.currency })
      return held
    },
    (held) =>
      `${held.seats.map(({ row, number }) => `row ${row} seat ${number}`).join(' and ')}, ${formatMoney(held.total)}`,
  )
}

function adjacentPair(seats: readonly Seat[]): [Seat, Seat] | undefined {
  for (const [index, left] of seats.entries()) {
    const right = seats[index + 1]
    const free = left.status === 'AVAILABLE' && right?.status === 'AVAILABLE'
    if (right && free && left.row === right.row && left.ticketTypeId === right.ticketTypeId) return [left, right]
  }
  return undefined
}

async function checkOut(buyer: Ask, { id: holdId, total }: Hold, { step }: Narrator): Promise<Booking> {
  return step(
    'check out',
    async () => {
      const answer = await buyer<{ checkout: Booking | Refused }>(operation('Checkout'), {
        input: { holdId, idempotencyKey: randomUUID() },
      })
      const booking = expectMember('the checkout', answer.checkout, 'Booking') as Booking
      expectEqual('the status', booking.status, 'PENDING')
      expectEqual('the price', booking.total, total)
      return booking
    },
    ({ reference, total: price }) => `booking ${reference}, ${formatMoney(price)} to pay`,
  )
}

async function startPayment(buyer: Ask, booking: Booking): Promise<Payment> {
  const answer = await buyer<{ startPayment: Payment | Refused }>(operation('StartPayment'), {
    input: { bookingId: booking.id, method: 'CARD', idempotencyKey: randomUUID() },
  })
  const payment = expectMember('the payment', answer.startPayment, 'Payment') as Payment
  expectEqual('the amount', payment.amount, booking.total)
  return payment
}

async function confirmPayment(buyer: Ask, payment: Payment, instrument: string): Promise<Payment> {
  const answer = await buyer<{ confirmPayment: Payment | Refused }>(operation('ConfirmPayment'), {
    input: { paymentId: payment.id, instrument },
  })
  return expectMember('the payment', answer.confirmPayment, 'Payment') as Payment
}

async function payAfterADecline(buyer: Ask, booking: Booking, { step }: Narrator): Promise<void> {
  await step(
    'pay with a card that is declined',
    async () => {
      const payment = await confirmPayment(buyer, await startPayment(buyer, booking), 'tok_declined')
      expectEqual('the status', payment.status, 'FAILED')
      return expectPresent('why it failed', payment.failureCode)
    },
    (code) => code,
  )
  await step(
    'pay with a good one',
    async () => {
      const payment = await confirmPayment(buyer, await startPayment(buyer, booking), 'tok_success')
      expectEqual('the status', payment.status, 'SUCCEEDED')
      return payment
    },
    ({ status }) => status,
  )
}

const ask = (buyer: Ask, id: string) =>
  buyer<{ booking: BookingAcrossServices | null }>(operation('BookingAcrossServices'), { id }).then(
    ({ booking }) => booking,
  )

async function receiveTickets(buyer: Ask, booking: Booking, { step }: Narrator): Promise<BookingAcrossServices> {
  return step(
    'receive the tickets',
    () =>
      until('the tickets', async () => {
        const found = await ask(buyer, booking.id)
        return found?.status === 'CONFIRMED' && found.tickets.length === 2 ? found : undefined
      }),
    ({ tickets }) => tickets.map(({ seat }) => `${seat?.section} row ${seat?.row} seat ${seat?.number}`).join(', '),
  )
}

async function askAcrossServices(buyer: Ask, event: Event, booking: Booking, { step }: Narrator): Promise<void> {
  await step(
    'ask five services in one query',
    async () => {
      const found = expectPresent('the booking', await ask(buyer, booking.id))
      expectEqual('the event', found.event?.title, event.title)
      expectEqual('the venue', found.event?.venue?.name, event.venue?.name)
      expectEqual('the amount paid', found.payment?.amount, booking.total)
      expectEqual('the payment', found.payment?.status, 'SUCCEEDED')
      expectPresent('the seller', found.event?.venue?.partner?.companyName)
      return expectPresent('the buyer', found.user)
    },
    (user) => `${user.firstName} <${user.email}>, event, venue, seller, payment and tickets`,
  )
}

async function comeIn(
  promoter: Ask,
  event: Event,
  { tickets }: BookingAcrossServices,
  { step }: Narrator,
): Promise<void> {
  const ticket = expectPresent('a ticket', tickets[0])
  const scan = (nonce: string) =>
    promoter<{ checkIn: CheckIn }>(operation('CheckIn'), {
      input: { eventId: event.id, code: ticket.code, nonce, gate: 'North' },
    }).then(({ checkIn }) => checkIn)
  await step('the door looks at a ticket', async () => {
    type Answer = { validateTicket: { valid: boolean; reason: string | null; ticket: { id: string } | null } }
    const { validateTicket } = await promoter<Answer>(operation('ValidateTicket'), {
      eventId: event.id,
      code: ticket.code,
    })
    expectEqual(
      'the verdict',
      [validateTicket.valid, validateTicket.reason, validateTicket.ticket?.id],
      [true, null, ticket.id],
    )
  })
  await step('the door lets it in', async () => {
    const nonce = randomUUID()
    const first = expectMember('the scan', await scan(nonce), 'CheckInAccepted')
    expectEqual('the ticket', first.ticket?.status, 'USED')
    expectEqual('the same scan again', await scan(nonce), first)
  })
  await step(
    'the door refuses it the second time',
    async () => {
      const second = expectMember('the scan', await scan(randomUUID()), 'CheckInRefused')
      expectEqual('the reason', second.reason, 'ALREADY_USED')
      expectPresent('when it was used', second.firstUsedAt)
      return second
    },
    ({ message }) => message ?? '',
  )
}

async function changeOnesMind(buyer: Ask, event: Event, { step }: Narrator): Promise<void> {
  const seated = expectPresent(
    'a seated ticket type',
    event.ticketTypes.find(({ seated: isSeated }) => isSeated),
  )
  await step(
    'let the system choose three seats, and give them back',
    async () => {
      const answer = await buyer<{ holdBestAvailable: Hold | Refused }>(operation('HoldBestAvailable'), {
        input: { eventId: event.id, ticketTypeId: seated.id, quantity: 3, idempotencyKey: randomUUID() },
      })
      const held = expectMember('the hold', answer.holdBestAvailable, 'Hold') as Hold
      expectEqual('the rows', new Set(held.seats.map(({ section, row }) => `${section}/${row}`)).size, 1)
      expectEqual('the release', (await release(buyer, held.id)).__typename, 'Hold')
      return held
    },
    ({ seats }) => `${seats[0]?.section} row ${seats[0]?.row} seats ${seats.map(({ number }) => number).join(', ')}`,
  )
}

async function getMoneyBack(buyer: Ask, event: Event, { step }: Narrator): Promise<void> {
  const standing = expectPresent(
    'a general-admission ticket type',
    event.ticketTypes.find(({ seated }) => !seated),
  )
  const booking = await step(
    'buy a standing ticket',
    async () => {
      const answer = await buyer<{ holdGeneralAdmission: Hold | Refused }>(operation('HoldGeneralAdmission'), {
        input: { eventId: event.id, ticketTypeId: standing.id, quantity: 1, idempotencyKey: randomUUID() },
      })
      const held = expectMember('the hold', answer.holdGeneralAdmission, 'Hold') as Hold
      const checkout = await buyer<{ checkout: Booking | Refused }>(operation('Checkout'), {
        input: { holdId: held.id, idempotencyKey: randomUUID() },
      })
      const pending = expectMember('the checkout', checkout.checkout, 'Booking') as Booking
      await confirmPayment(buyer, await startPayment(buyer, pending), 'tok_success')
      await until('its confirmation', async () =>
        (await ask(buyer, pending.id))?.status === 'CONFIRMED' ? true : undefined,
      )
      return pending
    },
    ({ reference }) => reference,
  )
  await step('cancel it', async () => {
    const answer = await buyer<{ cancelBooking: { __typename: string; status: string } }>(operation('CancelBooking'), {
      input: { bookingId: booking.id, reason: 'Found a babysitter for another day.', idempotencyKey: randomUUID() },
    })
    const cancelled = expectMember('the cancellation', answer.cancelBooking, 'Booking')
    if (cancelled.status !== 'CANCELLING' && cancelled.status !== 'CANCELLED')
      throw new Unexpected(`it is ${cancelled.status}`)
  })
  await step(
    'see the money come back',
    () =>
      until('the refund', async () => {
        const found = await ask(buyer, booking.id)
        const settled = found?.status === 'CANCELLED' && found.payment?.status === 'REFUNDED'
        return settled && found.tickets.every(({ status }) => status === 'CANCELLED') ? found : undefined
      }),
    ({ payment }) => (payment ? formatMoney(payment.amount) : ''),
  )
}

const MY_NOTIFICATIONS = `query MyNotifications { myNotifications(first: 50) { edges { node { template channel status title booking { id } } } } }`

async function readMail(buyer: Ask, booking: Booking, { step }: Narrator): Promise<void> {
  type Answer = {
    myNotifications: {
      edges: {
        node: { template: string; channel: string; status: string; title: string; booking: { id: string } | null }
      }[]
    }
  }
  await step(
    'find the confirmation among the mail',
    () =>
      until('an e-mail about the booking', async () => {
        const { myNotifications } = await buyer<Answer>(MY_NOTIFICATIONS)
        return myNotifications.edges
          .map(({ node }) => node)
          .find(
            (node) =>
              node.channel === 'EMAIL' &&
              node.booking?.id === booking.id &&
              ['SENT', 'DELIVERED', 'READ'].includes(node.status),
          )
      }),
    ({ title }) => title,
  )
}
