import { connectionOf, emptyConnection, pageOf } from '@tikitu/runtime/connection'
import type { RequestContext } from '@tikitu/runtime/context'
import { badInput } from '@tikitu/runtime/fault'
import { isId } from '@tikitu/runtime/ids'
import { deviceById, devicesOfPartner, type DeviceRow } from './device.sql.ts'
import { mayKeepDevices } from './devices.ts'

type Asking = Pick<RequestContext, 'identity' | 'database'>

/** A page of the scanners of a partner, newest first; empty unless the caller keeps them. */
export async function listDevices(
  { identity, database }: Asking,
  partnerId: string,
  args: { readonly first: number; readonly after?: string | null | undefined },
) {
  const page = pageOf(args, 1)
  const before = page.after?.[0] ?? null
  if (before !== null && !isId(before)) throw badInput('after', 'is not a cursor of this list')
  if (!isId(partnerId) || !mayKeepDevices(identity, partnerId)) return emptyConnection()
  const rows = await devicesOfPartner(database.orm, { partnerId, before, limit: page.limit })
  return connectionOf(rows, page, ({ id }) => [id])
}

/** A scanner as it is after whatever this request did to it. */
export async function freshDevice({ database }: Asking, id: string): Promise<DeviceRow> {
  const device = await deviceById(database.orm, id)
  if (!device) throw new Error(`device ${id} is gone`)
  return device
}
