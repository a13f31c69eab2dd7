import { newId } from '@tikitu/runtime/ids'
import { anAdmin, testService, type TestService } from '@tikitu/runtime/testing'
import { AuditRecorded } from '@tikitu/schema/events/admin'
import { beforeAll, describe, expect, it } from 'vitest'
import { aDeed } from '../../test/build.ts'
import { asSuperuser } from '../../test/superuser.ts'
import { adminService } from '../service.ts'

let service: TestService
const person = newId()
const partner = newId()

beforeAll(async () => {
  service = await testService(adminService({ bootstrap: null }))
  for (let day = 1; day <= 5; day++) {
    await service.deliver(AuditRecorded, aDeed({ at: `2027-05-0${day}T12:00:00.000Z` }))
  }
  await service.deliver(AuditRecorded, aDeed({ actor: { kind: 'USER', id: person }, action: 'suspendUser' }))
  await service.deliver(
    AuditRecorded,
    aDeed({ actor: { kind: 'SERVICE', id: 'booking' }, resource: { type: 'Partner', id: partner } }),
  )
  await service.deliver(AuditRecorded, aDeed({ actor: { kind: 'USER', id: 'a-subject-without-account' } }))
})

const LOG = `query ($filter: AuditFilter, $first: Int! = 20, $after: String) {
  auditLog(filter: $filter, first: $first, after: $after) {
    edges { cursor node { sequence actorKind actorId actor { id } action resourceType resourceId before after at hash } }
    pageInfo { hasNextPage endCursor }
  }
}`

interface Answer {
  edges: { node: { sequence: number; actor: { id: string } | null } }[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

async function list(variables: Record<string, unknown>): Promise<Answer> {
  const { data, errors } = await service.graph(anAdmin('SUPPORT'), LOG, variables)
  expect(errors).toEqual([])
  return data.auditLog
}

const sequences = ({ edges }: Answer) => edges.map(({ node }) => node.sequence)
const cursor = (...key: unknown[]) => Buffer.from(JSON.stringify(key)).toString('base64url')

describe('searching the audit log', () => {
  it.each<[string, Record<string, unknown>]>([
    ['first', { first: 0 }],
    ['first', { first: 101 }],
    ['after', { after: 'nonsense' }],
    ['after', { after: cursor('0') }],
    ['after', { after: cursor('1 or 1=1') }],
    ['after', { after: cursor('99999999999999999999') }],
    ['after', { after: cursor('1', '2') }],
    ...['action', 'actorId', 'resourceType', 'resourceId'].flatMap((field): [string, Record<string, unknown>][] => [
      [`filter.${field}`, { filter: { [field]: '' } }],
      [`filter.${field}`, { filter: { [field]: 'a\0b' } }],
      [`filter.${field}`, { filter: { [field]: 'x'.repeat(201) } }],
    ]),
  ])('says that %s is wrong (%j)', async (field, variables) => {
    const { errors } = await service.graph(anAdmin(), LOG, variables)
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field } }])
  })

  it.each<[Record<string, unknown> | null, number[]]>([
    [null, [8, 7, 6, 5, 4, 3, 2, 1]],
    [{ action: null, from: null }, [8, 7, 6, 5, 4, 3, 2, 1]],
    [{ action: 'suspendUser' }, [6]],
    [{ actorId: person }, [6]],
    [{ actorId: 'booking', resourceType: 'Partner' }, [7]],
    [{ resourceId: partner }, [7]],
    [{ resourceType: 'Nothing' }, []],
    [{ action: "' or 1=1 --" }, []],
    [{ from: '2027-05-02T12:00:00.000Z', before: '2027-05-04T12:00:00.000Z' }, [3, 2]],
    [{ from: '0001-01-01T00:00:00.000Z', before: '9999-12-31T23:59:59.999Z', action: 'suspendUser' }, [6]],
  ])('for %j finds %j', async (filter, expected) => {
    expect(sequences(await list({ filter }))).toEqual(expected)
  })

  it('pages through everything once, the newest first', async () => {
    const found: number[] = []
    let after: string | null = null
    do {
      const page: Answer = await list({ first: 3, after })
      found.push(...sequences(page))
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
    } while (after)
    expect(found).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
  })

  it('names the account of a person, and of nobody else', async () => {
    const [subject, serviceItself, account] = (await list({ first: 3 })).edges.map(({ node }) => node.actor)
    expect([subject, serviceItself, account]).toEqual([null, null, { id: person }])
  })
})

describe('verifyAuditLog', () => {
  const VERIFY = '{ verifyAuditLog { intact entries firstBrokenSequence } }'

  it('says that the log is whole, and where it is not', async () => {
    const whole = await service.graph(anAdmin('FINANCE'), VERIFY)
    expect(whole.data.verifyAuditLog).toEqual({ intact: true, entries: 8, firstBrokenSequence: null })
    await asSuperuser(service.database, `update audit_log set resource_id = 'x' where sequence = 7`)
    const broken = await service.graph(anAdmin('FINANCE'), VERIFY)
    expect(broken.data.verifyAuditLog).toEqual({ intact: false, entries: 6, firstBrokenSequence: 7 })
  })
})
