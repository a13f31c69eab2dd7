import { IDENTITY_HEADER, signIdentity, type Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import {
  aMachine,
  anAdmin,
  aPartnerUser,
  aStranger,
  aUser,
  nobody,
  testService,
  TEST_IDENTITY_SECRET,
  type TestService,
} from '@tikitu/runtime/testing'
import { beforeAll, expect, test } from 'vitest'
import { TICKET_KEY_SECRET } from '../../test/build.ts'
import { codesOf, TONIGHT } from '../../test/doors.ts'
import { aConfirmed } from '../../test/story.ts'
import { defineBooking } from '../service.ts'
import { qrPng, qrSvg } from './qr.ts'
import { ticketsOfBookings } from './ticket.sql.ts'

let booking: TestService
beforeAll(async () => {
  const publicOrigin = 'https://tikitu.example'
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET, publicOrigin }))
})

const get = (identity: Identity | null, url: string) =>
  booking.service.app.inject({
    method: 'GET',
    url,
    headers: identity ? { [IDENTITY_HEADER]: signIdentity(identity, TEST_IDENTITY_SECRET) } : {},
  })

/** A booking of two tickets, of which its buyer holds both. */
async function bought() {
  const told = await aConfirmed(booking.database, { ...TONIGHT, seatNos: [6, 7] })
  const [first, second] = await ticketsOfBookings(booking.database.orm, [told.id])
  if (!first || !second) throw new Error('the booking has no two tickets')
  return { told, first, second, buyer: aUser({ userId: told.userId }), codes: await codesOf(booking.database, told) }
}

const filesOf = (ticketId: string, bookingId: string) => [
  `/tickets/${ticketId}/ticket.pdf`,
  `/tickets/${ticketId}/qr.svg`,
  `/tickets/${ticketId}/qr.png`,
  `/bookings/${bookingId}/tickets.pdf`,
]

const statusesFor = (identity: Identity | null, urls: readonly string[]) =>
  Promise.all(urls.map(async (url) => (await get(identity, url)).statusCode))

const pagesOf = (pdf: Buffer) => pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length

test('whoever is no holder has no file of a ticket, sellers and admins included', async () => {
  const { told, first } = await bought()
  const urls = filesOf(first.id, told.id)
  for (const [who, status] of [
    [null, 401],
    [nobody(), 401],
    [aStranger(), 403],
    [aMachine(told.sale.partnerId, ['tikitu/sales.read']), 403],
    [aUser(), 404],
    [aPartnerUser(told.sale.partnerId), 404],
    [anAdmin(), 404],
  ] as const) {
    expect([who?.kind, await statusesFor(who, urls)]).toEqual([who?.kind, Array(4).fill(status)])
  }
})

test('what is no id has no file', async () => {
  const { buyer } = await bought()
  for (const id of [newId(), "'%20or%201=1--", '%00', '..%2f..%2flivez'])
    expect(await statusesFor(buyer, filesOf(id, id))).toEqual([404, 404, 404, 404])
})

test('a holder has the PDF and the code as a picture, and nobody on the way keeps them', async () => {
  const { told, first, buyer, codes } = await bought()
  const [code = ''] = codes
  const [pdf, svg, png, all] = await Promise.all(filesOf(first.id, told.id).map((url) => get(buyer, url)))
  expect([svg?.body, png?.rawPayload]).toEqual([await qrSvg(code), await qrPng(code)])
  expect([pagesOf(pdf?.rawPayload ?? Buffer.alloc(0)), pagesOf(all?.rawPayload ?? Buffer.alloc(0))]).toEqual([1, 2])
  expect([pdf, svg, png, all].map((answer) => answer?.headers['content-type'])).toEqual([
    'application/pdf',
    'image/svg+xml',
    'image/png',
    'application/pdf',
  ])
  for (const answer of [pdf, svg, png, all]) expect(answer?.headers['cache-control']).toBe('private, no-store')
  expect(all?.headers['content-disposition']).toMatch(/^inline; filename="tickets-[0-9A-Z]{4}-[0-9A-Z]{4}\.pdf"$/)
})

test('a ticket that was cancelled has no code, and is on no page of its booking', async () => {
  const { told, first, second, buyer } = await bought()
  await booking.database.pool.query(`update tickets set status = 'CANCELLED' where id = $1`, [first.id])
  expect(await statusesFor(buyer, filesOf(first.id, told.id))).toEqual([404, 404, 404, 200])
  expect(pagesOf((await get(buyer, `/bookings/${told.id}/tickets.pdf`)).rawPayload)).toBe(1)
  await booking.database.pool.query(`update tickets set status = 'CANCELLED' where id = $1`, [second.id])
  expect(await statusesFor(buyer, [`/bookings/${told.id}/tickets.pdf`])).toEqual([404])
})

test('a ticket that was transferred is its new holder’s, and on no page of its buyer’s', async () => {
  const { told, first, buyer } = await bought()
  const grace = aUser()
  await booking.database.pool.query(`update tickets set user_id = $2 where id = $1`, [first.id, grace.userId])
  expect(await statusesFor(buyer, filesOf(first.id, told.id))).toEqual([404, 404, 404, 200])
  expect(await statusesFor(grace, filesOf(first.id, told.id))).toEqual([200, 200, 200, 404])
  expect(pagesOf((await get(buyer, `/bookings/${told.id}/tickets.pdf`)).rawPayload)).toBe(1)
})

test('the graph says where the files are, to whom they are for and as long as there are any', async () => {
  const { told, first, buyer } = await bought()
  const ask = async (identity: Identity) =>
    (await booking.graph(identity, `query ($id: ID!) { ticket(id: $id) { pdfUrl qrUrl } }`, { id: first.id })).data
      .ticket
  const nothing = { pdfUrl: null, qrUrl: null }
  expect(await ask(aPartnerUser(told.sale.partnerId))).toEqual(nothing)
  expect(await ask(buyer)).toEqual({
    pdfUrl: `https://tikitu.example/api/v1/booking/tickets/${first.id}.pdf`,
    qrUrl: `https://tikitu.example/api/v1/booking/tickets/${first.id}/qr.svg`,
  })
  await booking.database.pool.query(`update tickets set status = 'CANCELLED' where id = $1`, [first.id])
  expect(await ask(buyer)).toEqual(nothing)
})
