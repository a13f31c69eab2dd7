import { fc } from '@tikitu/runtime/testing/properties'
import { asc } from 'drizzle-orm'
import type { Database } from '@tikitu/runtime/database'
import { newId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import { anAdmin, testDatabase } from '@tikitu/runtime/testing'
import { transact } from '@tikitu/runtime/transact'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aDeed } from '../../test/build.ts'
import { asSuperuser } from '../../test/superuser.ts'
import { auditLog } from '../tables.ts'
import { recordDeed, recordEvent, verifyAuditLog } from './audit-log.ts'
import { chainHash } from './chain.ts'

let database: Database

beforeAll(async () => {
  ;({ database } = await testDatabase('admin'))
})

beforeEach(() =>
  asSuperuser(database, 'delete from audit_log', "update audit_head set sequence = 0, hash = repeat('0', 64)"),
)

const record = (facts: Parameters<typeof aDeed>[0] = {}) =>
  transact(database, async (tx) => {
    await recordEvent(tx, aDeed(facts))
    return accept()
  })

async function recordSome(number: number): Promise<void> {
  for (let index = 0; index < number; index++) await record()
}

const entries = () => database.orm.select().from(auditLog).orderBy(asc(auditLog.sequence))

describe('the audit log', () => {
  it.each(['update audit_log set action = $$x$$', 'delete from audit_log', 'truncate audit_log'])(
    'does not let the service %s',
    async (statement) => {
      await recordSome(2)
      const before = await entries()
      await expect(database.pool.query(statement)).rejects.toMatchObject({ code: '42501' })
      expect(await entries()).toEqual(before)
    },
  )

  it.each([
    'update audit_log set action = $$x$$',
    'delete from audit_log',
    'truncate audit_log',
    'delete from audit_head',
  ])('stops %s even when the right to it was given back', async (statement) => {
    await recordSome(1)
    await database.pool.query('grant update, delete, truncate on audit_log, audit_head to current_user')
    try {
      await expect(database.pool.query(statement)).rejects.toThrow(/audit_\w+ is append-only/)
    } finally {
      await database.pool.query('revoke update, delete, truncate on audit_log from current_user')
      await database.pool.query('revoke delete, truncate on audit_head from current_user')
    }
  })

  it('keeps nothing of a deed that was refused, and no gap either', async () => {
    await recordSome(1)
    await transact(database, async (tx, at) => {
      await recordDeed(tx, anAdmin(), { action: 'nothing', resource: { type: 'Nothing', id: newId() }, at })
      return refuse('Refused', 'No.')
    })
    await recordSome(1)
    expect((await entries()).map(({ sequence }) => sequence)).toEqual([1, 2])
    expect(await verifyAuditLog(database)).toEqual({ entries: 2, firstBrokenSequence: null })
  })

  it('writes the same deed down once', async () => {
    const deed = aDeed()
    await record(deed)
    await record(deed)
    expect(await entries()).toHaveLength(1)
    expect(await verifyAuditLog(database)).toEqual({ entries: 1, firstBrokenSequence: null })
  })

  it('keeps a deed as it was told', async () => {
    const deed = aDeed({ actor: { kind: 'PARTNER_CLIENT', id: 'client' }, before: null, requestId: null, ip: null })
    await record(deed)
    expect(await entries()).toEqual([
      {
        sequence: 1,
        id: deed.auditId,
        actorKind: 'PARTNER_CLIENT',
        actorId: 'client',
        action: 'verifyPartner',
        resourceType: 'Partner',
        resourceId: deed.resource.id,
        before: null,
        after: { status: 'VERIFIED' },
        requestId: null,
        ip: null,
        at: new Date('2027-05-01T12:00:00.123Z'),
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ])
  })

  it('numbers what forty write at once without a gap, and the chain is whole', async () => {
    await Promise.all(Array.from({ length: 40 }, () => record()))
    expect((await entries()).map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 40 }, (_, index) => index + 1),
    )
    expect(await verifyAuditLog(database)).toEqual({ entries: 40, firstBrokenSequence: null })
  })

  it('is whole while it grows', async () => {
    const writing = Promise.all(Array.from({ length: 40 }, () => record()))
    for (let walk = 0; walk < 10; walk++) expect((await verifyAuditLog(database)).firstBrokenSequence).toBeNull()
    await writing
  })

  it('is whole when a deed has changed a text that looks like JSON', async () => {
    await record({ before: '9', after: 'null' })
    expect((await verifyAuditLog(database)).firstBrokenSequence).toBeNull()
  })

  it('is whole whatever a deed has changed', async () => {
    const storable = fc.jsonValue().filter((value) => !/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(value)))
    await fc.assert(
      fc.asyncProperty(storable, storable, async (before, after) => {
        await record({ before: before as null, after: after as null })
        expect((await verifyAuditLog(database)).firstBrokenSequence).toBeNull()
      }),
      { numRuns: 50 },
    )
  })
})

describe('tampering with the audit log', () => {
  it('of nobody is not found', async () => {
    expect(await verifyAuditLog(database)).toEqual({ entries: 0, firstBrokenSequence: null })
  })

  it.each<[string, string, number]>([
    ['an action', "update audit_log set action = 'other' where sequence = 4", 4],
    ['an actor', "update audit_log set actor_id = 'other' where sequence = 1", 1],
    ['what came of it', `update audit_log set after = '{"status":"REJECTED"}' where sequence = 10`, 10],
    ['what was before', 'update audit_log set before = null where sequence = 3', 3],
    ['a time by a millisecond', "update audit_log set at = at + interval '1 millisecond' where sequence = 6", 6],
    ['an id', `update audit_log set id = '${newId()}' where sequence = 2`, 2],
    ['an address', 'update audit_log set ip = null where sequence = 5', 5],
    ['a hash', "update audit_log set hash = repeat('a', 64) where sequence = 7", 7],
    [
      'the order of two',
      'update audit_log set sequence = case sequence when 4 then 5 else 4 end + 100 where sequence in (4, 5); update audit_log set sequence = sequence - 100 where sequence > 100',
      4,
    ],
  ])('by changing %s is found there', async (_, statement, sequence) => {
    await recordSome(10)
    await asSuperuser(database, statement)
    expect(await verifyAuditLog(database)).toEqual({ entries: sequence - 1, firstBrokenSequence: sequence })
  })

  it.each([1, 5, 10])('by removing entry %i is found there', async (sequence) => {
    await recordSome(10)
    await asSuperuser(database, `delete from audit_log where sequence = ${sequence}`)
    expect(await verifyAuditLog(database)).toEqual({ entries: sequence - 1, firstBrokenSequence: sequence })
  })

  it('by removing everything is found', async () => {
    await recordSome(3)
    await asSuperuser(database, 'delete from audit_log')
    expect(await verifyAuditLog(database)).toEqual({ entries: 0, firstBrokenSequence: 1 })
  })

  it('by adding an entry that nobody wrote is found', async () => {
    await recordSome(3)
    await asSuperuser(
      database,
      `insert into audit_log select 4, '${newId()}', actor_kind, actor_id, action, resource_type, resource_id,
        before, after, request_id, ip, at, hash from audit_log where sequence = 3`,
    )
    expect(await verifyAuditLog(database)).toEqual({ entries: 3, firstBrokenSequence: 4 })
  })

  it('by changing the last entry and its hash is found by the head', async () => {
    await recordSome(3)
    const [, second, third] = await entries()
    const forged = chainHash(second!.hash, { ...third!, action: 'other' })
    await asSuperuser(database, `update audit_log set action = 'other', hash = '${forged}' where sequence = 3`)
    expect((await verifyAuditLog(database)).firstBrokenSequence).toBe(3)
  })
})

describe('a long audit log', () => {
  it('is walked to its end in batches', async () => {
    await transact(database, async (tx) => {
      for (let index = 0; index < 1_203; index++) await recordEvent(tx, aDeed())
      return accept()
    })
    expect(await verifyAuditLog(database)).toEqual({ entries: 1_203, firstBrokenSequence: null })
    await asSuperuser(database, "update audit_log set action = 'other' where sequence = 1201")
    expect(await verifyAuditLog(database)).toEqual({ entries: 1_200, firstBrokenSequence: 1_201 })
  })
})
