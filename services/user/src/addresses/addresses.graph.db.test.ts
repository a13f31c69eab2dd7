import { eq } from 'drizzle-orm'
import { newId } from '@tikitu/runtime/ids'
import type { Identity } from '@tikitu/runtime/identity'
import { anAdmin, aStranger, aUser, nobody, waitFor, type TestService } from '@tikitu/runtime/testing'
import { SettingChanged } from '@tikitu/schema/events/admin'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aRegisteredUser } from '../../test/build.ts'
import { startUserService } from '../../test/service.ts'
import { addresses, users } from '../tables.ts'

let service: TestService
let me: Identity
let rival: Identity

beforeAll(async () => {
  service = await startUserService()
})

beforeEach(async () => {
  me = aUser({ userId: (await aRegisteredUser(service.database)).id })
  rival = aUser({ userId: (await aRegisteredUser(service.database)).id })
})

const ADDRESS = '__typename ... on Address { id type line1 line2 city state postalCode country isDefault }'
const ADD = `mutation ($input: AddAddressInput!) { addAddress(input: $input) {
  ${ADDRESS} ... on UserNotFound { userId } ... on TooManyAddresses { addressesMax } ... on IdempotencyKeyReused { idempotencyKey } } }`
const UPDATE = `mutation ($input: UpdateAddressInput!) { updateAddress(input: $input) { ${ADDRESS} ... on AddressNotFound { addressId } } }`
const REMOVE = `mutation ($input: RemoveAddressInput!) { removeAddress(input: $input) { ${ADDRESS} ... on AddressNotFound { addressId } } }`
const MAKE_DEFAULT = `mutation ($input: MakeDefaultAddressInput!) {
  makeDefaultAddress(input: $input) { ${ADDRESS} ... on AddressNotFound { addressId } } }`

const home = { type: 'HOME', line1: '12 St James’s Square', city: 'London', country: 'GB' }

async function add(identity: Identity, input: object = {}): Promise<{ id: string; isDefault: boolean }> {
  const { data, errors } = await service.graph(identity, ADD, { input: { ...home, ...input } })
  expect(errors).toEqual([])
  expect(data.addAddress.__typename).toBe('Address')
  return data.addAddress
}

async function mine(identity: Identity): Promise<{ id: string; line1: string; isDefault: boolean }[]> {
  const { data } = await service.graph(identity, '{ me { addresses { id line1 isDefault } } }')
  return data.me.addresses
}

describe.each<[string, string, object]>([
  ['addAddress', ADD, home],
  ['updateAddress', UPDATE, { addressId: newId() }],
  ['removeAddress', REMOVE, { addressId: newId() }],
  ['makeDefaultAddress', MAKE_DEFAULT, { addressId: newId() }],
])('%s', (_, mutation, input) => {
  it.each<[string, () => Identity, string]>([
    ['a caller without a token', () => nobody(), 'UNAUTHENTICATED'],
    ['somebody who has not registered', () => aStranger(), 'FORBIDDEN'],
  ])('is not for %s', async (__, identity, code) => {
    const { errors } = await service.graph(identity(), mutation, { input })
    expect(errors).toMatchObject([{ extensions: { code } }])
  })

  it('is forbidden when the account is suspended', async () => {
    await service.database.orm
      .update(users)
      .set({ status: 'SUSPENDED' })
      .where(eq(users.id, me.userId ?? ''))
    const { errors } = await service.graph(me, mutation, { input })
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })
})

describe.each<[string, string, object]>([
  ['updateAddress', UPDATE, { line1: 'Stolen' }],
  ['removeAddress', REMOVE, {}],
  ['makeDefaultAddress', MAKE_DEFAULT, {}],
])('%s', (field, mutation, input) => {
  it('finds no address of anybody else, not even as an admin', async () => {
    const { id: addressId } = await add(rival)
    const before = await service.database.orm.select().from(addresses).where(eq(addresses.id, addressId))
    for (const identity of [me, { ...anAdmin(), userId: me.userId }]) {
      const { data } = await service.graph(identity, mutation, { input: { ...input, addressId } })
      expect(data[field]).toEqual({ __typename: 'AddressNotFound', addressId })
    }
    expect(await service.database.orm.select().from(addresses).where(eq(addresses.id, addressId))).toEqual(before)
  })

  it.each([newId(), "' or true --", 'a\0b', ''])('finds no address called %j', async (addressId) => {
    const { data } = await service.graph(me, mutation, { input: { ...input, addressId } })
    expect(data[field]).toEqual({ __typename: 'AddressNotFound', addressId })
  })
})

describe('addresses', () => {
  const wrong: [string, unknown][] = [
    ['line1', ''],
    ['line1', null],
    ['city', '  '],
    ['country', 'XX'],
    ['country', 'gb'],
    ['country', 'GBR'],
    ['country', "G'"],
    ...['line1', 'line2', 'city', 'state', 'postalCode'].flatMap((field): [string, unknown][] => [
      [field, 'x'.repeat(201)],
      [field, 'a\0b'],
      [field, '\udfff'],
    ]),
  ]

  it.each(wrong.filter(([, value]) => value !== null))('cannot be added with %s %j', async (field, value) => {
    const { errors } = await service.graph(me, ADD, { input: { ...home, [field]: value } })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: `input.${field}` } }])
    expect(await mine(me)).toEqual([])
  })

  it.each(wrong)('cannot be changed to %s %j', async (field, value) => {
    const { id: addressId } = await add(me)
    const { errors } = await service.graph(me, UPDATE, { input: { addressId, state: 'Changed', [field]: value } })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: `input.${field}` } }])
    expect(await mine(me)).toMatchObject([{ line1: home.line1 }])
  })

  it.each(['short', 'with a space', 'x'.repeat(101), '\u0000'.repeat(8)])(
    'are not added under %j',
    async (idempotencyKey) => {
      const { errors } = await service.graph(me, ADD, { input: { ...home, idempotencyKey } })
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: 'input.idempotencyKey' } }])
      expect(await mine(me)).toEqual([])
    },
  )

  it('are added once for each key of each caller, and the first answer is given again', async () => {
    const idempotencyKey = newId()
    const ask = async (identity: Identity, facts: object = {}) => {
      const { data, errors } = await service.graph(identity, ADD, { input: { ...home, idempotencyKey, ...facts } })
      return errors[0]?.extensions['code'] ?? data.addAddress
    }
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(me)))
    const first = answers.find((answer) => answer !== 'CONFLICT')
    for (const answer of answers) expect([first, 'CONFLICT']).toContainEqual(answer)
    expect(await mine(me)).toMatchObject([{ id: first.id }])
    expect(await ask(me, { line2: null })).toEqual(first)
    for (const other of [{ line1: 'Elsewhere' }, { isDefault: true }]) {
      expect(await ask(me, other)).toEqual({ __typename: 'IdempotencyKeyReused', idempotencyKey })
    }
    expect((await ask(rival)).id).not.toBe(first.id)
    await service.graph(me, REMOVE, { input: { addressId: first.id } })
    expect(await ask(me)).toBe('CONFLICT')
    expect(await mine(me)).toEqual([])
  })

  it('store SQL as the text it is', async () => {
    const sql = "'); drop table addresses; --"
    const fields = { line1: sql, line2: sql, city: sql, state: sql, postalCode: sql }
    expect(await add(me, fields)).toMatchObject(fields)
  })

  it('keep what an update leaves out and lose what it clears', async () => {
    const { id: addressId } = await add(me, { line2: 'Flat 3', postalCode: 'SW1Y 4LB' })
    const { data } = await service.graph(me, UPDATE, { input: { addressId, type: 'WORK', line2: null } })
    expect(data.updateAddress).toEqual({
      __typename: 'Address',
      id: addressId,
      ...home,
      type: 'WORK',
      line2: null,
      state: null,
      postalCode: 'SW1Y 4LB',
      isDefault: true,
    })
    const nothing = await service.graph(me, UPDATE, { input: { addressId } })
    expect(nothing.data.updateAddress).toEqual(data.updateAddress)
  })

  it('have the first as their default, whatever was asked, until another is made it', async () => {
    const first = await add(me, { line1: 'first', isDefault: false })
    const second = await add(me, { line1: 'second' })
    expect([first.isDefault, second.isDefault]).toEqual([true, false])

    await add(me, { line1: 'third', isDefault: true })
    expect(await mine(me)).toMatchObject([
      { line1: 'third', isDefault: true },
      { line1: 'first', isDefault: false },
      { line1: 'second', isDefault: false },
    ])
    for (const _ of [1, 2]) {
      const { data } = await service.graph(me, MAKE_DEFAULT, { input: { addressId: second.id } })
      expect(data.makeDefaultAddress).toMatchObject({ id: second.id, isDefault: true })
    }
    expect((await mine(me)).map(({ line1 }) => line1)).toEqual(['second', 'first', 'third'])
  })

  it('whose default is removed have the oldest of the others as their default', async () => {
    const first = await add(me, { line1: 'first' })
    await add(me, { line1: 'second' })
    await add(me, { line1: 'third' })
    const { data } = await service.graph(me, REMOVE, { input: { addressId: first.id } })
    expect(data.removeAddress).toMatchObject({ id: first.id, isDefault: true })
    expect(await mine(me)).toMatchObject([
      { line1: 'second', isDefault: true },
      { line1: 'third', isDefault: false },
    ])

    const again = await service.graph(me, REMOVE, { input: { addressId: first.id } })
    expect(again.data.removeAddress.__typename).toBe('AddressNotFound')
    for (const { id } of await mine(me)) await service.graph(me, REMOVE, { input: { addressId: id } })
    expect(await mine(me)).toEqual([])
  })

  it('added forty at once stay within the limit, with one default', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => service.graph(me, ADD, { input: { ...home, isDefault: true } })),
    )
    const outcomes = answers.map(({ data }) => data.addAddress)
    expect(outcomes.filter(({ __typename }) => __typename === 'Address')).toHaveLength(20)
    expect(outcomes.filter(({ addressesMax }) => addressesMax === 20)).toHaveLength(20)
    expect((await mine(me)).filter(({ isDefault }) => isDefault)).toHaveLength(1)
  })

  it('removed all at once while others become the default leave no two defaults, and one while any is left', async () => {
    const ids = []
    for (let index = 0; index < 8; index++) ids.push((await add(me)).id)
    await Promise.all([
      ...ids.slice(0, 6).map((addressId) => service.graph(me, REMOVE, { input: { addressId } })),
      ...ids.map((addressId) => service.graph(me, MAKE_DEFAULT, { input: { addressId } })),
    ])
    const left = await mine(me)
    expect(left).toHaveLength(2)
    expect(left.filter(({ isDefault }) => isDefault)).toHaveLength(1)
  })

  it('are as many as the platform’s setting says', async () => {
    await add(me)
    const at = new Date().toISOString()
    await service.deliver(SettingChanged, { key: 'user.addressesMax', value: 1, version: 1, at })
    await waitFor('the setting to be in force', () => service.service.settings.get('user.addressesMax') === 1)
    const { data } = await service.graph(me, ADD, { input: home })
    expect(data.addAddress).toEqual({ __typename: 'TooManyAddresses', addressesMax: 1 })
  })
})

describe('the database', () => {
  it('refuses a second default itself', async () => {
    const { id } = await add(me)
    const [row] = await service.database.orm.select().from(addresses).where(eq(addresses.id, id))
    await expect(service.database.orm.insert(addresses).values({ ...row!, id: newId() })).rejects.toMatchObject({
      cause: { constraint: 'addresses_one_default' },
    })
  })
})
