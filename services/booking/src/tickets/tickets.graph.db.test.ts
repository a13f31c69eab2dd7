import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import {
  aMachine,
  anAdmin,
  aPartnerUser,
  aStranger,
  aUser,
  nobody,
  testService,
  type TestService,
} from '@tikitu/runtime/testing'
import { beforeAll, expect, test } from 'vitest'
import { TICKET_KEY_SECRET } from '../../test/build.ts'
import { aTicket, ticketOf } from '../../test/doors.ts'
import { defineBooking } from '../service.ts'

let booking: TestService
beforeAll(async () => {
  booking = await testService(defineBooking({ ticketKeySecret: TICKET_KEY_SECRET }))
})

const TICKET = `query ($id: ID!) { ticket(id: $id) { id holderName code qr pdf holder { id } booking { id } offer { id status } } }`
const MINE = `{ tickets(first: 2) { edges { node { id } } pageInfo { hasNextPage } } }`
const RENAME = `mutation ($input: RenameTicketInput!) { renameTicket(input: $input) { __typename
  ... on Ticket { holderName code } ... on TicketNotFound { ticketId } ... on TicketNotChangeable { reason } } }`
const OFFER = `mutation ($input: TransferTicketInput!) { transferTicket(input: $input) { __typename
  ... on OfferedTicket { token transfer { id status expiresAt ticket { id } } } ... on TicketNotFound { ticketId } } }`
const CLAIM = `mutation ($input: ClaimTicketInput!) { claimTicket(input: $input) { __typename
  ... on Ticket { id holderName code } ... on TransferNotClaimable { reason } } }`
const WITHDRAW = `mutation ($input: WithdrawTransferInput!) { withdrawTransfer(input: $input) { __typename
  ... on TicketTransfer { status endedAt } ... on TransferNotFound { transferId } } }`

const codeOf = ({ errors }: { errors: readonly { extensions: Record<string, unknown> }[] }) =>
  errors[0]?.extensions['code']

async function bought() {
  const ticket = await aTicket(booking.database)
  const { id } = await ticketOf(booking.database, ticket.booking)
  return { ...ticket, id, buyer: aUser({ userId: ticket.booking.userId }) }
}

const ask = (identity: Identity, id: string) => booking.graph(identity, TICKET, { id })

test('who is nobody’s user has no tickets to rename, offer, claim or list', async () => {
  const keyed = { ticketId: newId(), token: 'tkclaim_', idempotencyKey: newId() }
  const asked = [
    [RENAME, { ticketId: keyed.ticketId, idempotencyKey: keyed.idempotencyKey }],
    [OFFER, { ticketId: keyed.ticketId, idempotencyKey: keyed.idempotencyKey }],
    [CLAIM, { token: keyed.token, idempotencyKey: keyed.idempotencyKey }],
    [WITHDRAW, { transferId: newId() }],
    [MINE, {}],
  ] as const
  for (const [query, input] of asked) {
    expect(codeOf(await booking.graph(nobody(), query, { input }))).toBe('UNAUTHENTICATED')
    expect(codeOf(await booking.graph(aStranger(), query, { input }))).toBe('FORBIDDEN')
    expect(codeOf(await booking.graph(aMachine(newId(), []), query, { input }))).toBe('FORBIDDEN')
  }
})

test('a ticket that is not the caller’s to see does not exist; its code is for its holder', async () => {
  const { id, buyer, booking: of } = await bought()
  for (const stranger of [nobody(), aUser(), aPartnerUser(newId())])
    expect((await ask(stranger, id)).data.ticket).toBeNull()
  for (const bad of [newId(), "' or 1=1 --"]) expect((await ask(buyer, bad)).data.ticket).toBeNull()
  for (const viewer of [anAdmin(), aPartnerUser(of.sale.partnerId)])
    expect((await ask(viewer, id)).data.ticket).toMatchObject({
      code: null,
      qr: null,
      pdf: null,
      holder: { id: of.userId },
    })
  const { ticket } = (await ask(buyer, id)).data
  expect(ticket).toMatchObject({ holder: { id: of.userId }, booking: { id: of.id }, offer: null })
  expect(ticket.qr).toMatch(/^<svg /)
  expect(Buffer.from(ticket.pdf, 'base64').toString('latin1', 0, 5)).toBe('%PDF-')
})

test('names that are no names are refused, and every other text is kept as it is', async () => {
  const { id, buyer } = await bought()
  const rename = (holderName: string) =>
    booking.graph(buyer, RENAME, { input: { ticketId: id, holderName, idempotencyKey: newId() } })
  for (const bad of ['', '   ', '\u0000', '\ud800', 'x'.repeat(101), '4111 1111 1111 1111'])
    expect(codeOf(await rename(bad))).toBe('BAD_USER_INPUT')
  for (const good of ["Robert'); drop table tickets; --", '東京', 'x'.repeat(100)])
    expect((await rename(good)).data.renameTicket.holderName).toBe(good)
})

test('a ticket goes from its buyer to whoever has the token, who has it then and sees no booking', async () => {
  const { id, buyer } = await bought()
  const grace = aUser()
  const { data } = await booking.graph(buyer, OFFER, { input: { ticketId: id, idempotencyKey: newId() } })
  const { token, transfer } = data.transferTicket
  expect(transfer).toMatchObject({ status: 'OFFERED', ticket: { id } })
  expect((await ask(buyer, id)).data.ticket.offer).toEqual({ id: transfer.id, status: 'OFFERED' })
  expect((await ask(anAdmin(), id)).data.ticket.offer).toBeNull()
  const before = (await ask(buyer, id)).data.ticket.code

  const input = { token, holderName: 'Grace', idempotencyKey: newId() }
  const claimed = (await booking.graph(grace, CLAIM, { input })).data.claimTicket
  expect(claimed).toMatchObject({ __typename: 'Ticket', id, holderName: 'Grace' })
  expect(claimed.code).not.toBe(before)
  expect((await ask(grace, id)).data.ticket).toMatchObject({
    booking: null,
    holder: { id: grace.userId },
    code: claimed.code,
  })
  expect((await ask(buyer, id)).data.ticket).toMatchObject({ code: null, qr: null, pdf: null })
  expect((await booking.graph(grace, MINE)).data.tickets).toEqual({
    edges: [{ node: { id } }],
    pageInfo: { hasNextPage: false },
  })
  expect((await booking.graph(buyer, MINE)).data.tickets.edges).toEqual([])
  const withdrawn = await booking.graph(buyer, WITHDRAW, { input: { transferId: transfer.id } })
  expect(withdrawn.data.withdrawTransfer.__typename).toBe('TransferAlreadyClaimed')
  const { rows } = await booking.database.pool.query(
    `select (select string_agg(t::text, '') from ticket_transfers t) || (select string_agg(o::text, '') from outbox o)
       || (select string_agg(k::text, '') from idempotency_keys k) as kept`,
  )
  expect(rows[0].kept).not.toContain(token)
})
