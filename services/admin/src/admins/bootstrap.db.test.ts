import { accepted } from '@tikitu/runtime/outcome'
import { testDatabase } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import type { Database } from '@tikitu/runtime/database'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { anAdminOnFile } from '../../test/build.ts'
import { asSuperuser } from '../../test/superuser.ts'
import { admins, auditLog } from '../tables.ts'
import { ensureSuperAdmin, type Bootstrap } from './bootstrap.ts'

let database: Database
const bootstrap: Bootstrap = { subject: 'operator', email: 'operator@tikitu.example', name: 'Operator' }

beforeAll(async () => {
  ;({ database } = await testDatabase('admin'))
})

beforeEach(() =>
  asSuperuser(
    database,
    'delete from admins',
    'delete from audit_log',
    "update audit_head set sequence = 0, hash = repeat('0', 64)",
  ),
)

const start = async (who: Bootstrap | null = bootstrap) =>
  accepted(await transact(database, (tx, at) => ensureSuperAdmin(tx, { bootstrap: who, at })))

it('without the setting nobody becomes SUPER_ADMIN, and the service says so', async () => {
  expect(await start(null)).toBe(false)
  expect(await database.orm.$count(admins)).toBe(0)
})

it('nobody is added or replaced while there is a SUPER_ADMIN', async () => {
  const { row } = await anAdminOnFile(database)
  expect(await start()).toBe(true)
  expect(await database.orm.select().from(admins)).toEqual([row])
  expect(await database.orm.$count(auditLog)).toBe(0)
})

it('instances that start at once make one SUPER_ADMIN and one entry in the audit log', async () => {
  // Connected beforehand, so that none has finished before the others begin.
  const connections = await Promise.all(Array.from({ length: 8 }, () => database.pool.connect()))
  for (const connection of connections) connection.release()
  expect(new Set(await Promise.all(Array.from({ length: 8 }, () => start())))).toEqual(new Set([true]))
  expect(await database.orm.select().from(admins)).toMatchObject([
    { cognitoSub: 'operator', email: 'operator@tikitu.example', name: 'Operator', role: 'SUPER_ADMIN', isActive: true },
  ])
  expect(await database.orm.select().from(auditLog)).toMatchObject([
    { actorKind: 'SERVICE', actorId: 'admin', action: 'bootstrapAdmin', resourceType: 'Admin' },
  ])
})

it('somebody who was an admin becomes SUPER_ADMIN under the same id when nobody else is', async () => {
  const { row } = await anAdminOnFile(database, { cognitoSub: 'operator', role: 'SUPPORT', isActive: false })
  await anAdminOnFile(database, { role: 'FINANCE' })
  expect(await start()).toBe(true)
  expect((await database.orm.select().from(admins)).find(({ id }) => id === row.id)).toMatchObject({
    role: 'SUPER_ADMIN',
    isActive: true,
  })
})
