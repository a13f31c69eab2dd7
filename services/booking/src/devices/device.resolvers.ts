import { mutate } from '@tikitu/runtime/context'
import { validInput } from '@tikitu/runtime/validate'
import { eventLoaders } from '../events/event.loaders.ts'
import type { Resolvers } from '../generated/graphql.ts'
import type { BearerSecrets } from '../tickets/bearer.ts'
import { issueInput, registerInput, revokeInput } from './device.input.ts'
import { freshDevice, listDevices } from './device.loaders.ts'
import { issueDeviceToken, registerDevice, revokeDevice } from './devices.ts'

/** Scanners in the graph. */
export function deviceResolvers(secrets: BearerSecrets): Resolvers {
  return {
    Query: {
      doorDevices: (_parent, { partnerId, ...args }, context) => listDevices(context, partnerId, args),
    },

    Mutation: {
      async issueDeviceToken(_parent, { input }, context) {
        const wish = validInput(issueInput, input)
        const { identity, settings } = context
        const tokenMinutes = settings.get('door.deviceTokenMinutes')
        const outcome = await mutate(context, 'IssuedDevice', (tx, at) =>
          issueDeviceToken(tx, { ...wish, tokenMinutes, identity, secrets, at }),
        )
        if (outcome.__typename !== 'IssuedDevice') return outcome
        const device = await freshDevice(context, outcome.id)
        return { __typename: 'IssuedDevice', device, token: secrets('deviceToken', outcome.id) }
      },

      async registerDevice(_parent, { input }, context) {
        const wish = validInput(registerInput, input)
        const outcome = await mutate(context, 'RegisteredDevice', (tx, at) =>
          registerDevice(tx, { ...wish, secrets, at }),
        )
        if (outcome.__typename !== 'RegisteredDevice') return outcome
        const device = await freshDevice(context, outcome.id)
        return { __typename: 'RegisteredDevice', device, credential: secrets('device', outcome.id) }
      },

      async revokeDevice(_parent, { input }, context) {
        const wish = validInput(revokeInput, input)
        const { identity } = context
        const outcome = await mutate(context, 'DoorDevice', (tx, at) => revokeDevice(tx, { ...wish, identity, at }))
        if (outcome.__typename !== 'DoorDevice') return outcome
        return { __typename: 'DoorDevice', ...(await freshDevice(context, outcome.id)) }
      },
    },

    DoorDevice: {
      event: ({ eventId }, _args, context) => (eventId === null ? null : eventLoaders(context).event.load(eventId)),
    },
  }
}
