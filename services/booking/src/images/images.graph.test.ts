import { signIdentity, serviceIdentity, IDENTITY_HEADER } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { aPartnerUser, aUser, testService, TEST_IDENTITY_SECRET, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, expect, test } from 'vitest'
import { anEvent, TICKET_KEY_SECRET } from '../../test/build.ts'
import { defineBooking } from '../service.ts'
import { uploadTokens } from './upload-token.ts'

let booking: TestService
beforeAll(async () => {
  const publicOrigin = 'https://tikitu.example'
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET, publicOrigin }))
})

const PNG = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(100)])
const REQUEST = `mutation ($input: RequestImageUploadInput!) { requestImageUpload(input: $input) { __typename
  ... on ImageUpload { url method headers { name value } expiresAt imageUrl } ... on EventNotFound { eventId }
  ... on ImageNotAcceptable { contentTypes bytesMax } } }`

async function request(identity: Parameters<TestService['graph']>[0], input: object) {
  const { data, errors } = await booking.graph(identity, REQUEST, { input })
  expect(errors).toEqual([])
  return data.requestImageUpload
}

const signed = { [IDENTITY_HEADER]: signIdentity(serviceIdentity('gateway', 'r'), TEST_IDENTITY_SECRET) }
const put = (url: string, body: Buffer, contentType = 'image/png') =>
  booking.service.app.inject({ method: 'PUT', url, headers: { ...signed, 'content-type': contentType }, payload: body })
const get = (url: string, headers: Record<string, string> = {}) =>
  booking.service.app.inject({ method: 'GET', url, headers: { ...signed, ...headers } })
const pathOf = (url: string) => url.slice('https://tikitu.example'.length)

async function anUpload(bytes = PNG.length) {
  const event = await anEvent(booking.database, { rows: [] })
  const owner = aPartnerUser(event.partnerId)
  return { event, owner, ...(await request(owner, { eventId: event.id, contentType: 'image/png', bytes })) }
}

test('an address is for those who may change the event, and for pictures that we take', async () => {
  const { id: eventId, partnerId } = await anEvent(booking.database, { rows: [] })
  const picture = { eventId, contentType: 'image/png', bytes: 100 }
  for (const identity of [aUser(), aPartnerUser(newId()), aPartnerUser(partnerId, 'SCANNER')]) {
    expect(await request(identity, picture)).toEqual({ __typename: 'EventNotFound', eventId })
  }
  const wrong = [
    { contentType: 'image/svg+xml' },
    { contentType: 'text/html' },
    { bytes: 0 },
    { bytes: 5 * 1024 * 1024 + 1 },
  ]
  for (const facts of wrong) {
    expect(await request(aPartnerUser(partnerId), { ...picture, ...facts })).toMatchObject({
      __typename: 'ImageNotAcceptable',
    })
  }
})

test('only what was granted is taken, by an address that we signed, in time', async () => {
  const { url, event } = await anUpload()
  const path = pathOf(url)
  const refusals = [
    await put(`${path}x`, PNG),
    await put('/media/uploads?grant=nonsense', PNG),
    await put(path.replace(/\.[^.]*$/, ''), PNG),
    await put(path, PNG, 'image/jpeg'),
    await put(path, PNG.subarray(1)),
    await put(path, Buffer.alloc(PNG.length)),
    await put(path, Buffer.alloc(5 * 1024 * 1024 + 1)),
  ]
  expect(refusals.map(({ statusCode }) => statusCode)).toEqual([403, 403, 403, 400, 400, 400, 400])
  const late = {
    imageId: newId(),
    eventId: event.id,
    contentType: 'image/png',
    bytes: PNG.length,
    until: Date.now() - 1_000,
  } as const
  expect((await put(`/media/uploads?grant=${uploadTokens(TICKET_KEY_SECRET).sign(late)}`, PNG)).statusCode).toBe(403)
  const other = uploadTokens('another secret that is long enough, really').sign({ ...late, until: Date.now() + 60_000 })
  expect((await put(`/media/uploads?grant=${other}`, PNG)).statusCode).toBe(403)
  const { rows } = await booking.database.pool.query('select from event_images where event_id = $1', [event.id])
  expect(rows).toEqual([])
})

test('a picture that was brought is the event’s, and everybody’s to keep; brought again it is the same', async () => {
  const { url, method, headers, imageUrl, event, owner } = await anUpload()
  expect([method, headers]).toEqual(['PUT', [{ name: 'content-type', value: 'image/png' }]])
  expect(imageUrl).toMatch(/^https:\/\/tikitu\.example\/media\/[0-9a-f-]{36}$/)
  expect((await get(pathOf(imageUrl))).statusCode).toBe(404)
  expect((await put(pathOf(url), PNG)).statusCode).toBe(201)
  expect((await put(pathOf(url), PNG)).statusCode).toBe(201)
  const seen = await get(pathOf(imageUrl))
  expect([seen.statusCode, seen.headers['content-type'], seen.rawPayload]).toEqual([200, 'image/png', PNG])
  expect(seen.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  const tag = String(seen.headers.etag)
  expect((await get(pathOf(imageUrl), { 'if-none-match': tag })).statusCode).toBe(304)
  const { data } = await booking.graph(owner, 'query ($id: ID!) { event(id: $id) { imageUrl } }', { id: event.id })
  expect(data.event.imageUrl).toBe(imageUrl)
  expect((await get(`/media/${newId()}`)).headers['cache-control']).toBe('no-store')
})
