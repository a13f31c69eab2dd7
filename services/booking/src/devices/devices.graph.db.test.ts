import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { aMachine, anAdmin, aPartnerUser, aUser, nobody, testService, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, expect, test } from 'vitest'
import { TICKET_KEY_SECRET } from '../../test/build.ts'
import { aTicket, secrets } from '../../test/doors.ts'
import { defineBooking } from '../service.ts'

let booking: TestService
beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

const ISSUE = `mutation ($input: IssueDeviceTokenInput!) { issueDeviceToken(input: $input) { __typename
  ... on IssuedDevice { token device { id name event { id } registeredAt revokedAt tokenExpiresAt } } ... on Refusal { message } } }`
const REGISTER = `mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { __typename
  ... on RegisteredDevice { credential device { id registeredAt } } ... on DeviceTokenInvalid { reason } } }`
const REVOKE = `mutation ($input: RevokeDeviceInput!) { revokeDevice(input: $input) { __typename
  ... on DoorDevice { id revokedAt } ... on DeviceNotFound { deviceId } } }`
const DEVICES = `query ($partnerId: ID!) { doorDevices(partnerId: $partnerId) { edges { node { id name } } } }`
const CHECK_IN = `mutation ($input: CheckInInput!) { checkIn(input: $input) { __typename
  ... on CheckInAccepted { ticket { status code booking { id } } } ... on CheckInRefused { reason } } }`

const issue = (identity: Identity, input: object) =>
  booking.graph(identity, ISSUE, { input: { name: 'Gate 3', idempotencyKey: newId(), ...input } })

const register = (token: string, idempotencyKey = newId()) =>
  booking.graph(nobody(), REGISTER, { input: { token, idempotencyKey } })

const revoke = (identity: Identity, deviceId: string) => booking.graph(identity, REVOKE, { input: { deviceId } })

async function anIssued(partnerId: string, input: object = {}) {
  const { data } = await issue(aPartnerUser(partnerId, 'MANAGER'), { partnerId, ...input })
  return data.issueDeviceToken
}

async function aDevice(partnerId: string, input: object = {}) {
  const { data } = await register((await anIssued(partnerId, input)).token)
  return data.registerDevice
}

const scanWith = (device: string, { eventId, code }: { eventId: string; code: string }, identity = nobody()) =>
  booking.graph(identity, CHECK_IN, { input: { eventId, code, nonce: newId(), gate: 'North', device } })

const codeOf = ({ errors }: { errors: readonly { extensions: Record<string, unknown> }[] }) =>
  errors[0]?.extensions['code']

test('only owners and managers keep scanners; to strangers the partner does not exist', async () => {
  const partnerId = newId()
  const input = { partnerId }
  expect(codeOf(await issue(nobody(), input))).toBe('UNAUTHENTICATED')
  expect(codeOf(await issue({ ...aUser(), incomplete: true }, input))).toBe('UNAVAILABLE')
  expect(codeOf(await issue(aPartnerUser(partnerId, 'SCANNER'), input))).toBe('FORBIDDEN')
  expect(codeOf(await issue(aMachine(partnerId, ['tikitu/checkin.write']), input))).toBe('FORBIDDEN')
  const { id } = (await anIssued(partnerId)).device
  for (const stranger of [aUser(), anAdmin(), aPartnerUser(newId())]) {
    expect((await issue(stranger, input)).data.issueDeviceToken.__typename).toBe('PartnerNotFound')
    expect((await revoke(stranger, id)).data.revokeDevice).toEqual({ __typename: 'DeviceNotFound', deviceId: id })
    expect((await booking.graph(stranger, DEVICES, { partnerId })).data.doorDevices.edges).toEqual([])
  }
  expect((await booking.graph(aPartnerUser(partnerId), DEVICES, { partnerId })).data.doorDevices.edges).toEqual([
    { node: { id, name: 'Gate 3' } },
  ])
})

test('a scanner of one event only is of an event of the partner', async () => {
  const [mine, theirs] = [await aTicket(booking.database), await aTicket(booking.database)]
  const { partnerId } = mine.booking.sale
  for (const eventId of [theirs.eventId, newId(), "' or 1=1 --"])
    expect((await anIssued(partnerId, { eventId })).__typename).toBe('EventNotFound')
  expect((await anIssued(partnerId, { eventId: mine.eventId })).device.event).toEqual({ id: mine.eventId })
})

test('what is no token, or of a device that was revoked, registers nothing', async () => {
  const partnerId = newId()
  const { token, device } = await anIssued(partnerId)
  const flipped = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A')
  for (const bad of ['', 'token', flipped, secrets('deviceToken', newId()), secrets('device', device.id)])
    expect((await register(bad)).data.registerDevice).toEqual({ __typename: 'DeviceTokenInvalid', reason: 'UNKNOWN' })
  await revoke(aPartnerUser(partnerId), device.id)
  expect((await register(token)).data.registerDevice).toMatchObject({ reason: 'REVOKED' })
})

test('a token is good for a while', async () => {
  const { token, device } = await anIssued(newId())
  await booking.database.pool.query(`update door_devices set token_expires_at = now() where id = $1`, [device.id])
  expect((await register(token)).data.registerDevice).toMatchObject({ reason: 'EXPIRED' })
})

test('a token registers one device, however many bring it at once', async () => {
  const { token } = await anIssued(newId())
  const answers = await Promise.all(Array.from({ length: 10 }, () => register(token)))
  const names = answers.map(({ data }) => data.registerDevice.reason ?? 'registered')
  expect(names.filter((name) => name === 'registered')).toHaveLength(1)
  expect(names.filter((name) => name === 'USED')).toHaveLength(9)
})

test('repeating a request gives the same device and token, and the database has neither secret', async () => {
  const partnerId = newId()
  const owner = aPartnerUser(partnerId)
  const input = { partnerId, idempotencyKey: newId() }
  const [first, again] = [await issue(owner, input), await issue(owner, input)]
  expect(again.data).toEqual(first.data)
  expect((await issue(owner, { ...input, name: 'Gate 4' })).data.issueDeviceToken.__typename).toBe(
    'IdempotencyKeyReused',
  )
  const { token } = first.data.issueDeviceToken
  const registered = await register(token, 'a-key-of-this-device')
  expect((await register(token, 'a-key-of-this-device')).data).toEqual(registered.data)
  const { rows } = await booking.database.pool.query(
    `select d::text || (select coalesce(string_agg(o::text, ''), '') from outbox o) as kept from door_devices d`,
  )
  const kept = rows.map((row) => row.kept).join()
  for (const secret of [token, registered.data.registerDevice.credential]) expect(kept).not.toContain(secret)
})

test('a device stands at the doors of its partner, of its event if it has one, and at no others', async () => {
  const [ticket, other] = [await aTicket(booking.database), await aTicket(booking.database)]
  const { partnerId } = ticket.booking.sale
  const { credential } = await aDevice(partnerId)
  expect((await scanWith(credential, other)).data.checkIn.__typename).toBe('EventNotFound')
  const ofAnother = await aDevice(other.booking.sale.partnerId, { eventId: other.eventId })
  expect((await scanWith(ofAnother.credential, ticket)).data.checkIn.__typename).toBe('EventNotFound')
  for (const bad of ['', 'tkdev_', "' or 1=1 --", `${credential}A`])
    expect(codeOf(await scanWith(bad, ticket))).toBe('BAD_USER_INPUT')
  for (const wrong of [`${credential.slice(0, -1)}${credential.endsWith('A') ? 'B' : 'A'}`, secrets('device', newId())])
    expect(codeOf(await scanWith(wrong, ticket))).toBe('UNAUTHENTICATED')
  expect((await scanWith(credential, ticket)).data.checkIn).toEqual({
    __typename: 'CheckInAccepted',
    ticket: { status: 'USED', code: null, booking: null },
  })
  expect((await scanWith(ofAnother.credential, other)).data.checkIn.__typename).toBe('CheckInAccepted')
})

test('a device that was revoked scans no more, not even for somebody who may; revoking is audited once', async () => {
  const ticket = await aTicket(booking.database)
  const { partnerId } = ticket.booking.sale
  const { credential, device } = await aDevice(partnerId)
  const owner = aPartnerUser(partnerId)
  const revoked = (await revoke(owner, device.id)).data.revokeDevice
  expect(revoked.revokedAt).not.toBeNull()
  expect((await revoke(owner, device.id)).data.revokeDevice).toEqual(revoked)
  expect(codeOf(await scanWith(credential, ticket))).toBe('UNAUTHENTICATED')
  expect(codeOf(await scanWith(credential, ticket, ticket.scanner))).toBe('UNAUTHENTICATED')
  const audited = (await booking.published('audit.recorded')).map(({ data }) => data)
  const about = audited.filter(({ resource }) => JSON.stringify(resource).includes(device.id))
  expect(about.map(({ action }) => action)).toEqual(['issueDeviceToken', 'revokeDevice'])
})
