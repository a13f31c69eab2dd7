import { loadOne } from '@tikitu/runtime/loader'
import { perRequest } from '@tikitu/runtime/per-request'
import type { RequestContext } from '@tikitu/runtime/serve'
import { adminsByIds } from './admin.sql.ts'

/** Admins by id, in one statement for each request. */
export const adminLoader = perRequest(({ database: { orm } }: RequestContext) =>
  loadOne(
    (ids) => adminsByIds(orm, ids),
    ({ id }) => id,
  ),
)
