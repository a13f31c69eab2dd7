import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accepted } from '@tikitu/runtime/outcome'
import { aPartnerUser, testService, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, expect, test } from 'vitest'
import { LIMITS, TICKET_KEY_SECRET } from '../../test/build.ts'
import { aDraftWish, draft } from '../../test/drafts.ts'
import { aConfirmed, brokenInvariants, statusOf } from '../../test/story.ts'
import { holdSeats } from '../holds/holds.ts'
import { defineBooking } from '../service.ts'

let booking: TestService
beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

async function limitTo(identity: Identity, eventId: string, maxTicketsPerBuyer: number) {
  const query = `mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { ... on Event { maxTicketsPerBuyer } } }`
  const input = { eventId, maxTicketsPerBuyer, idempotencyKey: newId() }
  return (await booking.graph(identity, query, { input })).data.updateEvent
}

test('who has more tickets than a limit that is lowered keeps them and gets no more, and none had more than was ever allowed', async () => {
  const { database } = booking
  const bought = await aConfirmed(database, { seatNos: [0, 1, 2], maxTicketsPerBuyer: 4 })
  const { sale, userId } = bought
  const { eventId, partnerId } = sale
  const limit = (maxTicketsPerBuyer: number) => limitTo(aPartnerUser(partnerId), eventId, maxTicketsPerBuyer)
  const more = { eventId, userId, idempotencyKey: newId(), limits: LIMITS, seatIds: ['Stalls-1-4', 'Stalls-1-5'] }
  const refused = (ticketsMax: number) => ({ refusal: 'BuyerLimitReached', facts: { ticketsMax, ticketsNow: 3 } })

  expect(await limit(2)).toEqual({ maxTicketsPerBuyer: 2 })
  expect(await holdSeats(database, more)).toMatchObject(refused(2))
  expect(await statusOf(database, bought.id)).toBe('CONFIRMED')
  expect(await brokenInvariants(database)).toEqual([])
  expect(await limit(4)).toEqual({ maxTicketsPerBuyer: 4 })
  expect(await holdSeats(database, more)).toMatchObject(refused(4))
  expect(await limit(5)).toEqual({ maxTicketsPerBuyer: 5 })
  accepted(await holdSeats(database, more))
  expect(await limit(1)).toEqual({ maxTicketsPerBuyer: 1 })
  expect(await brokenInvariants(database)).toEqual([])
})

test('what a draft once allowed counts for nothing', async () => {
  const { input, owner } = await aDraftWish(booking)
  const { id: eventId } = (await draft(booking, owner, input)).data.createEvent
  for (const limit of [50, 3]) await limitTo(owner, eventId, limit)
  const ever = 'select max_tickets_ever as ever from events where id = $1'
  expect((await booking.database.pool.query(ever, [eventId])).rows).toEqual([{ ever: 3 }])
})
