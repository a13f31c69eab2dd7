import { IDENTITY_HEADER, signIdentity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { nobody, testService, TEST_IDENTITY_SECRET, waitFor, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, expect, test } from 'vitest'
import { anEvent, TICKET_KEY_SECRET } from '../../test/build.ts'
import { defineBooking } from '../service.ts'

let booking: TestService
beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

const file = (eventId: string, known?: string) =>
  booking.service.app.inject({
    method: 'GET',
    url: `/events/${encodeURIComponent(eventId)}/seat-map`,
    headers: {
      [IDENTITY_HEADER]: signIdentity(nobody(), TEST_IDENTITY_SECRET),
      ...(known !== undefined && { 'if-none-match': known }),
    },
  })

const MAP = `query ($id: ID!) { seatMap(eventId: $id) { version layoutId sections { name seats available states } } }`

test('there is none of a draft, without seats, and of what is no event', async () => {
  const draft = await anEvent(booking.database, { status: 'DRAFT' })
  const standing = await anEvent(booking.database, { rows: [] })
  for (const id of [draft.id, standing.id, newId(), 'nonsense', "'; drop table seat_maps; --"]) {
    const { statusCode, headers } = await file(id)
    expect([statusCode, headers['etag']]).toEqual([404, undefined])
  }
})

test('it is what the graph says, and whoever knows the version is sent nothing until it changes', async () => {
  const event = await anEvent(booking.database)
  const first = await file(event.id)
  expect(first.statusCode).toBe(200)
  expect(first.headers).toMatchObject({ 'cache-control': 'public, no-cache' })
  expect(first.json()).toEqual((await booking.graph(nobody(), MAP, { id: event.id })).data.seatMap)
  const tag = String(first.headers['etag'])
  for (const known of [tag, `W/${tag}`, `"another", ${tag}`]) {
    const { statusCode, body } = await file(event.id, known)
    expect([known, statusCode, body]).toEqual([known, 304, ''])
  }
  expect((await file(event.id, `"${newId()}.1"`)).statusCode).toBe(200)

  await booking.database.pool.query(
    `update event_seats set expires_at = 'infinity' where event_id = $1 and seat_no = 0`,
    [event.id],
  )
  await waitFor('another version', async () => (await file(event.id, tag)).statusCode === 200)
  const second = await file(event.id)
  expect(second.headers['etag']).not.toBe(tag)
  expect(second.json().sections[0].available).toBe(first.json().sections[0].available - 1)
})
