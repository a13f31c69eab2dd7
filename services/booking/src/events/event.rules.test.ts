import { fc } from '@tikitu/runtime/testing/properties'
import { describe, expect, test } from 'vitest'
import {
  decideCapacity,
  decideSchedule,
  maySeeEvent,
  movedSales,
  movedSchedule,
  problemsOf,
  type Publishable,
} from './event.rules.ts'

const at = new Date('2027-05-01T12:00:00Z')
const hours = (count: number) => new Date(at.getTime() + count * 3_600_000)

describe('when an event is', () => {
  test('doors open an hour before and sales close when it begins, unless said otherwise', () => {
    expect(decideSchedule({ startsAt: hours(24), endsAt: hours(27) }, at)).toMatchObject({
      value: { startsAt: hours(24), endsAt: hours(27), doorsAt: hours(23), salesOpenAt: null, salesCloseAt: hours(24) },
    })
    const wish = {
      startsAt: hours(24),
      endsAt: hours(27),
      doorsAt: hours(22),
      salesOpenAt: hours(1),
      salesCloseAt: hours(25),
    }
    expect(decideSchedule(wish, at)).toMatchObject({ value: wish })
  })

  test.each([
    ['startsAt', { startsAt: at }],
    ['startsAt', { startsAt: hours(-1) }],
    ['endsAt', { endsAt: hours(24) }],
    ['endsAt', { endsAt: hours(24 + 30 * 24 + 1) }],
    ['doorsAt', { doorsAt: hours(25) }],
    ['salesCloseAt', { salesCloseAt: at }],
    ['salesCloseAt', { salesCloseAt: hours(28) }],
    ['salesOpenAt', { salesOpenAt: hours(24) }],
  ])('%s cannot be %o', (field, times) => {
    const wish = { startsAt: hours(24), endsAt: hours(27), ...times }
    expect(decideSchedule(wish, at)).toMatchObject({ refusal: 'ImpossibleSchedule', facts: { field } })
  })

  test('whatever is accepted keeps the order of the times', () => {
    const time = fc.integer({ min: -100, max: 1_000 }).map(hours)
    const maybe = fc.option(time)
    const wish = fc.record({ startsAt: time, endsAt: time, doorsAt: maybe, salesOpenAt: maybe, salesCloseAt: maybe })
    fc.assert(
      fc.property(wish, (times) => {
        const decision = decideSchedule(times, at)
        if (!decision.ok) return
        const { startsAt, endsAt, doorsAt, salesOpenAt, salesCloseAt } = decision.value
        expect(doorsAt <= startsAt && startsAt < endsAt && at < startsAt && at < salesCloseAt).toBe(true)
        expect(salesOpenAt === null || salesOpenAt < salesCloseAt).toBe(true)
      }),
    )
  })
})

describe('how many tickets there are', () => {
  const categories = [
    { category: 'A', seats: 12, units: 0 },
    { category: 'PITCH', seats: 0, units: 500 },
  ]
  test.each([
    ['the seats of its category', { name: 't', seated: true, category: 'A', capacity: 99 }, 12],
    ['none of a category that the plan does not have', { name: 't', seated: true, category: 'Z' }, 0],
    ['what was asked for', { name: 't', seated: false, capacity: 7 }, 7],
    ['the room of its area', { name: 't', seated: false, category: 'PITCH' }, 500],
    ['what was asked for, also of an area', { name: 't', seated: false, category: 'PITCH', capacity: 300 }, 300],
  ])('%s', (_, type, capacity) => {
    expect(decideCapacity(type, true, categories)).toEqual({ ok: true, value: capacity })
  })

  test.each([
    ['seated', { name: 't', seated: true, category: 'A' }, false],
    ['category', { name: 't', seated: true }, true],
    ['capacity', { name: 't', seated: false }, true],
    ['capacity', { name: 't', seated: false, category: 'Z' }, true],
  ])('%s is missing', (field, type, hasPlan) => {
    expect(decideCapacity(type, hasPlan, categories)).toMatchObject({ facts: { field } })
  })
})

describe('what stands against publishing', () => {
  const ready: Publishable = {
    status: 'DRAFT',
    startsAt: hours(24),
    salesOpenAt: null,
    salesCloseAt: hours(24),
    ticketTypes: [
      { name: 'Stalls', seated: true, category: 'A', capacity: 12 },
      { name: 'Pitch', seated: false, category: 'PITCH', capacity: 500 },
    ],
    categories: [
      { category: 'A', seats: 12, units: 0 },
      { category: 'PITCH', seats: 0, units: 500 },
      { category: 'NOT SOLD', seats: 3, units: 0 },
    ],
    venueUsable: true,
  }

  test('nothing, when everything is there', () => {
    expect(problemsOf(ready, at)).toEqual([])
  })

  test.each([
    ['is cancelled', { status: 'CANCELLED' }],
    ['venue', { venueUsable: false }],
    ['begins in the past', { startsAt: at }],
    ['sales close in the past', { salesCloseAt: at }],
    ['no ticket types', { ticketTypes: [] }],
    ['no seats of the category', { categories: [] }],
    [
      'more tickets than the area has room',
      { ticketTypes: [{ name: 'P', seated: false, category: 'PITCH', capacity: 501 }] },
    ],
    [
      'P and Q have more tickets than the area has room: 501 for 500',
      {
        ticketTypes: [
          { name: 'P', seated: false, category: 'PITCH', capacity: 500 },
          { name: 'Q', seated: false, category: 'PITCH', capacity: 1 },
        ],
      },
    ],
  ])('%s', (problem, facts) => {
    expect(problemsOf({ ...ready, ...facts }, at)).toEqual([expect.stringContaining(problem)])
  })
})

test('sales that are over stay over when an event moves, and cannot be said to close in the past', () => {
  const schedule = {
    startsAt: hours(60),
    endsAt: hours(120),
    doorsAt: hours(30),
    salesOpenAt: hours(-90),
    salesCloseAt: hours(-60),
  }
  const change = { startsAt: hours(90) }
  expect(decideSchedule(movedSchedule(schedule, change), at, change)).toMatchObject({
    value: { salesCloseAt: hours(-30) },
  })
  const both = { ...change, salesCloseAt: hours(-1) }
  expect(decideSchedule(movedSchedule(schedule, both), at, both)).toMatchObject({ facts: { field: 'salesCloseAt' } })
})

test('a draft is for those who manage it and for admins, everything else for everybody', () => {
  const nobody = { everything: false, partnerIds: [] }
  const staff = { everything: false, partnerIds: ['p'] }
  const admin = { everything: true, partnerIds: [] }
  expect([nobody, staff, admin].map((reader) => maySeeEvent({ status: 'DRAFT', partnerId: 'p' }, reader))).toEqual([
    false,
    true,
    true,
  ])
  expect(maySeeEvent({ status: 'DRAFT', partnerId: 'q' }, staff)).toBe(false)
  for (const status of ['PUBLISHED', 'CANCELLED', 'COMPLETED'])
    expect(maySeeEvent({ status, partnerId: 'p' }, nobody)).toBe(true)
})

test('a sale of its own moves with the event as far as it is still to come, and keeps its order', () => {
  const at = new Date('2027-03-01T00:00:00Z')
  const day = (offset: number) => new Date(at.getTime() + offset * 86_400_000)
  const move = (opens: Date | null, closes: Date | null, days: number) => {
    const { salesOpenAt, salesCloseAt } = movedSales(
      { salesOpenAt: opens, salesCloseAt: closes },
      days * 86_400_000,
      at,
    )
    return [salesOpenAt, salesCloseAt]
  }
  expect(move(day(2), day(3), 30)).toEqual([day(32), day(33)])
  expect(move(day(-2), day(3), 30)).toEqual([day(-2), day(33)])
  expect(move(day(-3), day(-2), 30)).toEqual([day(-3), day(-2)])
  expect(move(null, day(3), 30)).toEqual([null, day(33)])
  expect(move(day(2), null, -5)).toEqual([day(-3), null])
  // Opened yesterday, and what is left of it is before that: over.
  const [opens, closes] = move(day(-1), day(3), -10)
  expect([opens, closes && closes > day(-1) && closes < at]).toEqual([day(-1), true])
})
