import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { testDatabase } from '@tikitu/runtime/testing'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { anEvent, inDays, LIMITS, type TestEvent } from '../../test/build.ts'
import { expectSoundInventory, nameOf, tally, together } from '../../test/sound.ts'
import type { SalesChannel } from './hold.rules.ts'
import { holdBestAvailable, holdGeneralAdmission, holdSeats } from './holds.ts'

let database: Database
beforeAll(async () => {
  database = (await testDatabase('booking')).database
})
afterEach(() => expectSoundInventory(database))

interface Facts {
  readonly channel?: SalesChannel
  readonly userId?: string
  readonly idempotencyKey?: string
}

const wish = (event: TestEvent, facts: Facts) => ({
  eventId: event.id,
  userId: newId(),
  idempotencyKey: newId(),
  limits: LIMITS,
  ...facts,
})

/** What came of a hold, whichever way. */
interface Answer {
  readonly ok: boolean
  readonly refusal?: string
  readonly facts?: { readonly opensAt?: string | null; readonly closesAt?: string | null }
}

type Way = (event: TestEvent, facts?: Facts, seatId?: string) => Promise<Answer>

/** The three ways to hold a ticket of a type: by its seat, the best of its seats, and a unit. */
const ways: Record<'seats' | 'best' | 'units', Way> = {
  seats: async (event, facts = {}, seatId = 'A-1-1') =>
    holdSeats(database, { ...wish(event, facts), seatIds: [seatId] }) as Promise<Answer>,
  best: async (event, facts = {}) => {
    const ticketTypeId = event.types['STALLS']?.id ?? ''
    return holdBestAvailable(database, { ...wish(event, facts), ticketTypeId, quantity: 1 }) as Promise<Answer>
  },
  units: async (event, facts = {}) => {
    const ticketTypeId = event.types['Standing']?.id ?? ''
    return holdGeneralAdmission(database, { ...wish(event, facts), ticketTypeId, quantity: 1 }) as Promise<Answer>
  },
}
const names = ['seats', 'best', 'units'] as const

const withTypes = (facts: object, columns: object = {}) =>
  anEvent(database, { typeFacts: { STALLS: facts, Standing: facts }, ...columns })

describe.each(names)('a ticket type with sales of its own, by %s', (way) => {
  const hold = ways[way]

  test('is not on sale before they open and after they close, alone and in a crowd', async () => {
    const [opensAt, closesAt] = [inDays(1), inDays(2)]
    const early = await withTypes({ salesOpenAt: opensAt, salesCloseAt: closesAt })
    expect(await hold(early)).toMatchObject({ refusal: 'SalesClosed' })
    expect(tally(await together(40, () => hold(early)))).toEqual({ SalesClosed: 40 })
    const late = await withTypes({ salesCloseAt: inDays(-0.1) })
    expect(tally(await together(40, () => hold(late)))).toEqual({ SalesClosed: 40 })
    const { facts } = await hold(early)
    expect([facts?.opensAt, facts?.closesAt].map((at) => new Date(at ?? 0))).toEqual([opensAt, closesAt])
  })

  test('is on sale in between, and never when its event is not', async () => {
    const open = { salesOpenAt: inDays(-1), salesCloseAt: inDays(1) }
    expect(nameOf(await hold(await withTypes(open)))).toBe('Hold')
    const closed = await withTypes(open, { salesOpenAt: inDays(-3), salesCloseAt: inDays(-2) })
    expect(nameOf(await hold(closed))).toBe('SalesClosed')
  })

  test('says when it is sold out only to those to whom it is on sale', async () => {
    const early = await withTypes({ salesOpenAt: inDays(1) }, { standing: 1, rows: [{ width: 1 }] })
    await database.pool.query('update admission_stock set available = 0, capacity = 0 where event_id = $1', [early.id])
    expect(nameOf(await hold(early))).toBe('SalesClosed')
    await database.pool.query('update admission_stock set available = 1, capacity = 1 where event_id = $1', [early.id])
  })
})

describe.each(names)('an allotment, by %s', (way) => {
  const hold = ways[way]
  const unknown = way === 'seats' ? 'SeatsUnknown' : 'TicketTypeNotFound'

  test.each(['PARTNER', 'DOOR'] as const)('of the channel %s is not there for anybody else', async (channel) => {
    const event = await withTypes({ channel })
    expect(nameOf(await hold(event))).toBe(unknown)
    expect(tally(await together(40, () => hold(event)))).toEqual({ [unknown]: 40 })
    expect(nameOf(await hold(event, { channel: channel === 'DOOR' ? 'PARTNER' : 'DOOR' }))).toBe(unknown)
    expect(nameOf(await hold(event, { channel }))).toBe('Hold')
  })

  test('of everybody is not there for the door', async () => {
    expect(nameOf(await hold(await withTypes({}), { channel: 'DOOR' }))).toBe(unknown)
  })

  test('of the door is sold to many by one person, and what they buy for themselves is counted as ever', async () => {
    const both = { STALLS: { channel: 'DOOR' }, Standing: { channel: 'DOOR' }, BALCONY: {} } as const
    const rows = [{ width: 6 }, { width: 6, category: 'BALCONY' }]
    const prices = { STALLS: 5000, BALCONY: 1000 }
    const event = await anEvent(database, { maxTicketsPerBuyer: 2, typeFacts: both, rows, prices })
    const userId = newId()
    for (const number of [1, 2, 3, 4, 5]) {
      const seatId = `A-1-${number}`
      expect(nameOf(await hold(event, { channel: 'DOOR', userId }, seatId))).toBe('Hold')
    }
    const own = { userId, channel: 'PUBLIC' } as const
    for (const seatId of ['A-2-1', 'A-2-2']) expect(nameOf(await ways.seats(event, own, seatId))).toBe('Hold')
    expect(await ways.seats(event, own, 'A-2-3')).toMatchObject({
      refusal: 'BuyerLimitReached',
      facts: { ticketsNow: 2, holdsNow: 2 },
    })
    expect(nameOf(await hold(event, { channel: 'DOOR', userId }, 'A-1-6'))).toBe('Hold')
  })

  test('is part of the request that a key stands for', async () => {
    const event = await withTypes({})
    const twin = { userId: newId(), idempotencyKey: newId() }
    expect(nameOf(await hold(event, twin))).toBe('Hold')
    expect(nameOf(await hold(event, { ...twin, channel: 'DOOR' }))).toBe('IdempotencyKeyReused')
  })
})
