/** What is on: the demo's events, as pure data over a moment in time. */

/** An event to create, as `CreateEventInput` wants it, venue and partner aside. */
export interface PlannedEvent {
  readonly title: string
  readonly description: string
  readonly category: string
  readonly startsAt: string
  readonly endsAt: string
  readonly doorsAt: string
  readonly maxTicketsPerBuyer: number
  readonly ticketTypes: readonly {
    readonly name: string
    readonly seated: boolean
    readonly price: number
    readonly category?: string
    readonly capacity?: number
  }[]
}

/** The event that `pnpm demo` buys tickets for. */
export const STADIUM_EVENT_TITLE = 'The Long Night of Football'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const nextHour = (now: Date) => Math.ceil(now.getTime() / HOUR) * HOUR

/** The stadium event: seats in two price categories and standing room. Its doors are open at once, so that tickets can be scanned today. */
export function stadiumEvent(now: Date): PlannedEvent {
  const startsAt = new Date(nextHour(now) + 90 * DAY)
  return {
    title: STADIUM_EVENT_TITLE,
    description:
      'Ninety years of the game on one pitch. The museum in the main stand is open to ticket holders from today.',
    category: 'SPORT',
    startsAt: startsAt.toISOString(),
    endsAt: new Date(startsAt.getTime() + 6 * HOUR).toISOString(),
    doorsAt: now.toISOString(),
    maxTicketsPerBuyer: 100,
    ticketTypes: [
      { name: 'Main stand', seated: true, price: 6500, category: 'Main' },
      { name: 'Other stands', seated: true, price: 3900, category: 'Standard' },
      { name: 'Standing', seated: false, price: 2500, category: 'Standing' },
    ],
  }
}

const ACTS = [
  ['Northern Lights Orchestra', 'MUSIC'],
  ['Cup Quarter-Final', 'SPORT'],
  ['An Evening of Stand-up', 'COMEDY'],
  ['Strings & Synths', 'MUSIC'],
  ['The Winter Musical', 'THEATRE'],
  ['Open Source Days', 'CONFERENCE'],
  ['Street Food Weekend', 'FESTIVAL'],
  ['Dinosaurs Alive', 'FAMILY'],
  ['Choirs of the World', 'MUSIC'],
  ['Legends Match', 'SPORT'],
  ['Jazz in the Round', 'MUSIC'],
  ['Night of the Improvisers', 'COMEDY'],
] as const

/** The `index`-th of a few dozen smaller events: standing room and a balcony; every twelfth is free. */
export function smallerEvent(now: Date, index: number, city: string): PlannedEvent {
  const [act, category] = ACTS[index % ACTS.length] ?? ACTS[0]
  const free = index % 12 === 11
  const startsAt = new Date(nextHour(now) + (7 + index * 2) * DAY)
  return {
    title: `${act}, ${city}`,
    description: `${act} comes to ${city} for one night.`,
    category,
    startsAt: startsAt.toISOString(),
    endsAt: new Date(startsAt.getTime() + 3 * HOUR).toISOString(),
    doorsAt: new Date(startsAt.getTime() - HOUR).toISOString(),
    maxTicketsPerBuyer: 10,
    ticketTypes: free
      ? [{ name: 'Free entry', seated: false, price: 0, capacity: 500 }]
      : [
          { name: 'Balcony', seated: false, price: 4500 + 100 * index, capacity: 200 },
          { name: 'Standing', seated: false, price: 2500 + 100 * index, capacity: 1000 },
        ],
  }
}
