import type { Database } from '@tikitu/runtime/database'
import { startJobs } from '@tikitu/runtime/jobs'
import { createLog } from '@tikitu/runtime/log'
import { testDatabase } from '@tikitu/runtime/testing'
import { SERVICE_NAMES } from '@tikitu/schema/services'
import { beforeAll, describe, expect, test } from 'vitest'
import { catchUp, restoredIn, type Restored, type Told } from './catch-up.ts'

const NOW = new Date('2027-05-02T00:00:00Z')
const MOMENT = '2027-05-01T20:15:00Z'
const ALL = Object.fromEntries(
  SERVICE_NAMES.map((service) => [`DATABASE_URL_${service.toUpperCase()}`, `at ${service}`]),
)

describe('whoever restored a database', () => {
  const read = (args: string[], env: NodeJS.ProcessEnv = ALL) => restoredIn(args, env, NOW)

  test('says which, and to which moment', () => {
    expect(read(['booking', '2027-05-01T22:15:00+02:00'])).toEqual({
      service: 'booking',
      moment: new Date(MOMENT),
      urls: Object.fromEntries(SERVICE_NAMES.map((service) => [service, `at ${service}`])),
    })
  })

  test.each([
    ['no service', [], 'expected pnpm catch-up <service> <moment>'],
    ['a service that there is not', ['bookings', MOMENT], 'the service is one of admin, partner'],
    ['more than there is to say', ['booking', MOMENT, 'payment'], 'expected pnpm catch-up'],
    ['no moment', ['booking'], 'the moment "" is no instant'],
    ['a number', ['booking', '5'], 'the moment "5" is no instant'],
    ['a moment somewhere in the world', ['booking', '2027-05-01T20:15:00'], 'with its time zone'],
    ['a moment to come', ['booking', '2027-05-02T00:00:01Z'], 'is yet to come'],
    ['a moment of which nothing is kept', ['booking', '2027-03-31T00:00:00Z'], 'events are kept for 30 days'],
  ])('is told what is wrong with %s', (_what, args, message) => {
    expect(() => read(args)).toThrow(message)
  })

  test('is told which databases were not named, because nothing would come again from there', () => {
    const { DATABASE_URL_PAYMENT: _payment, ...most } = ALL
    expect(() => read(['booking', MOMENT], { ...most, DATABASE_URL_USER: '' })).toThrow(
      'not set: DATABASE_URL_PAYMENT, DATABASE_URL_USER.',
    )
  })
})

describe('a service that forgot', () => {
  let peer: Database
  let urls: Restored['urls']

  beforeAll(async () => {
    const [booking, payment] = await Promise.all([testDatabase('booking'), testDatabase('payment')])
    peer = payment.database
    urls = { booking: booking.url, payment: payment.url }
    await peer.pool.query(`
      insert into outbox (type, key, data, created_at, position)
      select 'payment.failed', 'a', '{}', timestamptz '${MOMENT}' + make_interval(mins => n), n + 10
        from generate_series(-9, 10) as n`)
    await peer.pool.query(`insert into outbox_cursors (name, position) values ('booking', 20), ('admin', 20)`)
  })

  const tell = async (restored: Partial<Restored> = {}) => {
    const told: Told[] = []
    for await (const one of catchUp({ service: 'booking', moment: new Date(MOMENT), urls, ...restored })) told.push(one)
    return told
  }
  const cursors = async () =>
    (await peer.pool.query('select name, position from outbox_cursors order by name')).rows.map(
      ({ name, position }) => `${name} ${position}`,
    )

  test('is sent what was told since some minutes before, and nobody else is', async () => {
    expect(await tell()).toEqual([
      { peer: 'payment', events: 16 },
      { peer: 'booking', events: 0 },
    ])
    expect(await cursors()).toEqual(['admin 20', 'booking 4'])
  })

  test('is sent no less when it is told again after it has heard some of it', async () => {
    await peer.pool.query(`update outbox_cursors set position = 12 where name = 'booking'`)
    await tell()
    expect(await cursors()).toEqual(['admin 20', 'booking 4'])
  })

  test('is told by the others when one cannot be reached, and that is said', async () => {
    await peer.pool.query(`update outbox_cursors set position = 20 where name = 'booking'`)
    const told = await tell({ urls: { ...urls, partner: 'postgres://nobody:nothing@127.0.0.1:1/nowhere' } })
    expect(told.map(({ peer: of, error }) => [of, error === undefined])).toEqual([
      ['partner', false],
      ['payment', true],
      ['booking', true],
    ])
    expect(await cursors()).toEqual(['admin 20', 'booking 4'])
  })

  test('asks its providers for attempts when it is payment', async () => {
    const jobs = await startJobs({ database: peer, handlers: [], log: createLog('payment', 'silent') })
    try {
      expect((await tell({ service: 'payment' })).flatMap(({ error }) => error ?? [])).toEqual([])
      const { rows } = await peer.pool.query(
        `select data -> 'data' as asked from pgboss.job where name = 'payment.adopt'`,
      )
      expect(rows).toEqual([{ asked: { since: '2027-05-01T20:10:00.000Z' } }])
    } finally {
      await jobs.stop()
    }
  })
})
