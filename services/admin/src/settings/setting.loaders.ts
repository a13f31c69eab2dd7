import { loadMany } from '@tikitu/runtime/loader'
import { perRequest } from '@tikitu/runtime/per-request'
import type { RequestContext } from '@tikitu/runtime/serve'
import { changesOf } from './setting.sql.ts'

/** The history of settings, in one statement for each request. */
export const historyLoader = perRequest(({ database: { orm } }: RequestContext) =>
  loadMany(
    (keys) => changesOf(orm, keys),
    ({ key }) => key,
  ),
)
