import { z } from 'zod'
import type { Stage } from './stage.ts'

/** Seats of the demo's stadium. */
export const STADIUM_SEATS = 39_264

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** An event in the stadium, on sale. */
export interface StadiumEvent {
  readonly eventId: string
  /** Those with seats. */
  readonly ticketTypeIds: readonly string[]
}

const STADIUM = `query Stadium {
  events(first: 1, filter: { text: "Long Night of Football" }) {
    edges { node { partner { id } venue { id seatingPlans { id seatCount } } } }
  }
}`

const stadium = z.object({
  events: z.object({
    edges: z.array(
      z.object({
        node: z.object({
          partner: z.object({ id: z.string() }),
          venue: z.object({
            id: z.string(),
            seatingPlans: z.array(z.object({ id: z.string(), seatCount: z.number() })),
          }),
        }),
      }),
    ),
  }),
})

/** Puts another event on sale in the stadium of the demo's big event. */
export async function aStadiumEvent({ ask }: Stage): Promise<StadiumEvent> {
  const { events } = stadium.parse(await ask('promoter', STADIUM))
  const node = events.edges[0]?.node
  const plan = node?.venue.seatingPlans.find(({ seatCount }) => seatCount === STADIUM_SEATS)
  if (!node || !plan) throw new Error(`there is no stadium of ${STADIUM_SEATS} seats`)
  const startsAt = Date.now() + 60 * DAY
  const input = {
    partnerId: node.partner.id,
    venueId: node.venue.id,
    seatingPlanId: plan.id,
    title: 'Opening night',
    category: 'MUSIC',
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(startsAt + 3 * HOUR).toISOString(),
    currency: 'EUR',
    maxTicketsPerBuyer: 8,
    ticketTypes: [
      { name: 'Main stand', seated: true, category: 'Main', price: 6500 },
      { name: 'Other stands', seated: true, category: 'Standard', price: 3900 },
    ],
  }
  const { createEvent } = created.parse(await ask('promoter', CREATE, { input }))
  const { publishEvent } = published.parse(await ask('promoter', PUBLISH, { input: { eventId: createEvent.id } }))
  if (publishEvent.status !== 'PUBLISHED') throw new Error(JSON.stringify(publishEvent))
  return { eventId: createEvent.id, ticketTypeIds: createEvent.ticketTypes.map(({ id }) => id) }
}

const CREATE = `mutation Create($input: CreateEventInput!) {
  createEvent(input: $input) { __typename ... on Event { id ticketTypes { id } } ... on Refusal { message } }
}`
const created = z.object({
  createEvent: z.object({ id: z.string(), ticketTypes: z.array(z.object({ id: z.string() })) }),
})

const PUBLISH = `mutation Publish($input: PublishEventInput!) {
  publishEvent(input: $input) { __typename ... on Event { status } ... on Refusal { message } }
}`
const published = z.object({
  publishEvent: z.object({ status: z.string().optional(), message: z.string().optional() }),
})

const findings = z.object({ auditInventory: z.array(z.object({ invariant: z.string(), violations: z.number() })) })

/** What must never be, and is; empty in a sound inventory. */
export async function violationsIn({ ask }: Stage): Promise<{ invariant: string; violations: number }[]> {
  const { auditInventory } = findings.parse(await ask('operator', '{ auditInventory { invariant violations } }'))
  return auditInventory.filter(({ violations }) => violations > 0)
}

/** How many seats of an event somebody holds. */
export async function seatsHeld({ ask }: Stage, eventId: string): Promise<number> {
  const { event } = held.parse(
    await ask('promoter', 'query Held($id: ID!) { event(id: $id) { ticketTypes { capacity available } } }', {
      id: eventId,
    }),
  )
  return event.ticketTypes.reduce((seats, { capacity, available }) => seats + capacity - available, 0)
}

const held = z.object({
  event: z.object({ ticketTypes: z.array(z.object({ capacity: z.number(), available: z.number() })) }),
})
