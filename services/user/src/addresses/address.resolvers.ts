import { mutate } from '@tikitu/runtime/context'
import { requireUserId } from '@tikitu/runtime/identity'
import { country, optionalKey, text, validInput } from '@tikitu/runtime/validate'
import { z } from 'zod'
import type { Resolvers } from '../generated/graphql.ts'
import { addAddress, makeDefaultAddress, removeAddress, updateAddress } from './addresses.ts'

const line = text(1, 200)
const optionalLine = line.nullish()
const type = z.enum(['HOME', 'WORK', 'OTHER'])

const addInput = z.object({
  type,
  line1: line,
  line2: optionalLine,
  city: line,
  state: optionalLine,
  postalCode: optionalLine,
  country,
})

const keyedInput = addInput.extend({ idempotencyKey: optionalKey })

const updateInput = addInput.partial({ type: true, line1: true, city: true, country: true })

/** What users do with their addresses; `User.addresses` is with the user. */
export const addressResolvers: Resolvers = {
  Mutation: {
    addAddress: (_parent, { input }, context) => {
      const userId = requireUserId(context.identity)
      const { idempotencyKey, line2, state, postalCode, ...rest } = validInput(keyedInput, input)
      const command = {
        userId,
        address: { ...rest, line2: line2 ?? null, state: state ?? null, postalCode: postalCode ?? null },
        isDefault: input.isDefault ?? false,
        addressesMax: context.settings.get('user.addressesMax'),
        idempotencyKey,
      }
      return mutate(context, 'Address', (tx, at) => addAddress(tx, { ...command, at }))
    },
    updateAddress: (_parent, { input: { addressId, ...input } }, context) => {
      const userId = requireUserId(context.identity)
      const changes = validInput(updateInput, input)
      return mutate(context, 'Address', (tx) => updateAddress(tx, { addressId, userId, changes }))
    },
    removeAddress: (_parent, { input: { addressId } }, context) => {
      const userId = requireUserId(context.identity)
      return mutate(context, 'Address', (tx) => removeAddress(tx, { addressId, userId }))
    },
    makeDefaultAddress: (_parent, { input: { addressId } }, context) => {
      const userId = requireUserId(context.identity)
      return mutate(context, 'Address', (tx) => makeDefaultAddress(tx, { addressId, userId }))
    },
  },
}
