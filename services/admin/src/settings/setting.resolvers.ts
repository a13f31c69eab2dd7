import { mutate } from '@tikitu/runtime/context'
import { isAdmin, requireAdmin } from '@tikitu/runtime/identity'
import { SETTINGS } from '@tikitu/schema/settings'
import { adminLoader } from '../admins/admin.loaders.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { historyLoader } from './setting.loaders.ts'
import { typeOf } from './setting.rules.ts'
import { changeSetting, findSetting, listSettings } from './settings.ts'

/** What operators may turn: seen by admins, turned by SUPER_ADMINs. */
export const settingResolvers: Resolvers = {
  Query: {
    settings: (_parent, _args, { identity, database }) => {
      requireAdmin(identity)
      return listSettings(database)
    },
  },
  Mutation: {
    changeSetting: (_parent, { input: { key, value, expectedVersion } }, context) => {
      const by = context.identity
      requireAdmin(by, 'SUPER_ADMIN')
      return mutate(context, 'Setting', (tx, at) => changeSetting(tx, { key, value, expectedVersion, by, at }))
    },
  },
  Setting: {
    __resolveReference: ({ key }, _args, { identity, database }) =>
      isAdmin(identity) ? findSetting(database, key) : null,
    description: ({ key }) => SETTINGS[key].description,
    type: ({ key }) => typeOf(SETTINGS[key].initial),
    value: ({ key, changed }) => changed?.value ?? SETTINGS[key].initial,
    version: ({ changed }) => changed?.version ?? 0,
    changedAt: ({ changed }) => changed?.changedAt ?? null,
    history: ({ key }, _args, context) => historyLoader(context).load(key),
  },
  SettingChange: {
    changedBy: ({ changedBy }, _args, context) => adminLoader(context).load(changedBy),
  },
}
