import { loadOne } from '@tikitu/runtime/loader'
import { perRequest } from '@tikitu/runtime/per-request'
import type { RequestContext } from '@tikitu/runtime/serve'
import { entriesByIds } from './audit.sql.ts'

/** Entries of the audit log by id, in one statement for each request. */
export const auditLoader = perRequest(({ database: { orm } }: RequestContext) =>
  loadOne(
    (ids) => entriesByIds(orm, ids),
    ({ id }) => id,
  ),
)
