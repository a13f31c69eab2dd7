import { once } from 'node:events'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { silent } from '../../test/routes.ts'
import { cron, defineJob, job, sendJob, startJobs, type JobHandler, type JobOptions, type JobRun } from '../jobs.ts'
import { testDatabase, waitFor, type TestDatabase } from '../testing/index.ts'
import { currentTrace, withTrace } from '../trace.ts'
import { inTransaction } from '../transaction.ts'

const NoteJob = defineJob('note.write', z.object({ n: z.int() }), { retryDelay: 0, retryBackoff: false, retryLimit: 3 })

/** A service that runs the handlers until the test file is over. */
async function aService(...handlers: JobHandler[]): Promise<TestDatabase> {
  const made = await testDatabase('user')
  const jobs = await startJobs({ database: made.database, handlers, log: silent })
  made.beforeDrop(() => jobs.stop())
  return made
}

const send = ({ database }: TestDatabase, n: number, options?: Parameters<typeof sendJob>[3]) =>
  inTransaction(database, (tx) => sendJob(tx, NoteJob, { n }, options))

test('a job runs after the transaction that sent it, with its data, and knows where it comes from', async () => {
  const seen: unknown[] = []
  const { database } = await aService(
    job(NoteJob, async (data, { id, attempt }) => {
      seen.push({ data, id, attempt, trace: currentTrace() })
    }),
  )
  await withTrace({ correlationId: 'request 1' }, () =>
    inTransaction(database, async (tx) => {
      await sendJob(tx, NoteJob, { n: 1 })
      expect(seen).toEqual([])
    }),
  )
  await waitFor('the job', () => seen.length === 1)
  const [{ id }] = seen as [{ id: string }]
  expect(seen).toEqual([
    { data: { n: 1 }, id, attempt: 1, trace: { correlationId: 'request 1', causationId: id, traceparent: undefined } },
  ])
})

test('a job that was sent in a transaction that rolled back never runs', async () => {
  const seen: number[] = []
  const service = await aService(job(NoteJob, async ({ n }) => void seen.push(n)))
  await inTransaction(service.database, async (tx) => {
    await sendJob(tx, NoteJob, { n: 1 })
    throw new Error('no')
  }).catch(() => undefined)
  await send(service, 2)
  await waitFor('the second', async () => (await statesIn(service)).includes('completed'))
  expect(seen).toEqual([2])
  expect(await statesIn(service)).toEqual(['completed'])
})

test('more transactions than there are connections send their first job at once', async () => {
  const seen = new Set<number>()
  const service = await aService(job(NoteJob, async ({ n }) => void seen.add(n)))
  await Promise.all(Array.from({ length: 40 }, (_, n) => send(service, n)))
  await waitFor('all of them', () => seen.size === 40)
})

test('a job that fails is tried again, and given up after its last retry', async () => {
  const attempts: number[] = []
  const service = await aService(
    job(NoteJob, async ({ n }, { attempt }) => {
      attempts.push(attempt)
      if (n === 2 || attempt < 3) throw new Error('flaky')
    }),
  )
  await send(service, 1)
  await waitFor('success', async () => (await statesIn(service)).includes('completed'))
  expect(attempts).toEqual([1, 2, 3])
  await send(service, 2)
  await waitFor('failure', async () => (await statesIn(service)).includes('failed'))
  expect(attempts).toEqual([1, 2, 3, 1, 2, 3, 4])
})

test('a timer rings at its time, not before and at most a second after', async () => {
  const rung = new Map<number, number>()
  const service = await aService(job(NoteJob, async ({ n }) => void rung.set(n, Date.now())))
  const startAfter = new Date(Date.now() + 1_500)
  await send(service, 1, { startAfter })
  await send(service, 2, { startAfter: 1 })
  await waitFor('the timers', () => rung.size === 2)
  const late = (rung.get(1) ?? 0) - startAfter.getTime()
  expect(late).toBeGreaterThanOrEqual(0)
  expect(late).toBeLessThan(1_500)
})

test('while one job of a key waits, another is not sent; without a key there is no such limit', async () => {
  const seen: number[] = []
  const service = await aService(job(NoteJob, async ({ n }) => void seen.push(n)))
  await send(service, 1, { startAfter: 1, singletonKey: 'a' })
  await send(service, 2, { startAfter: 1, singletonKey: 'a' })
  await send(service, 3, { startAfter: 1, singletonKey: 'b' })
  await send(service, 4, { startAfter: 1 })
  await send(service, 5, { startAfter: 1 })
  await waitFor('the jobs', () => seen.length === 4)
  expect(new Set(seen)).toEqual(new Set([1, 3, 4, 5]))
})

test('a job that hangs holds up no other, and its attempt is ended', async () => {
  const seen: number[] = []
  // Longer than the others take, whatever the machine does meanwhile.
  const SlowJob = defineJob('note.slow', NoteJob.shape, { expireInSeconds: 5, retryLimit: 0, concurrency: 2 })
  const service = await aService(
    job(SlowJob, async ({ n }, { signal }: JobRun) => {
      seen.push(n)
      if (n === 0) await aborted(signal)
    }),
  )
  await inTransaction(service.database, async (tx) => {
    for (let n = 0; n < 20; n++) await sendJob(tx, SlowJob, { n })
  })
  await waitFor('the others', () => seen.length === 20)
  expect(await statesIn(service)).toContain('active')
  await waitFor('the end of the slow one', async () => (await statesIn(service)).includes('failed'))
})

test('a hundred jobs run once each, in two instances', async () => {
  const seen: number[] = []
  const handler = job(NoteJob, async ({ n }) => void seen.push(n))
  const service = await aService(handler)
  const second = await startJobs({ database: service.database, handlers: [handler], log: silent })
  service.beforeDrop(() => second.stop())
  await inTransaction(service.database, async (tx) => {
    for (let n = 0; n < 100; n++) await sendJob(tx, NoteJob, { n })
  })
  await waitFor('all of them', () => seen.length >= 100)
  await waitFor('their end', async () => (await statesIn(service)).every((state) => state === 'completed'))
  expect(new Set(seen).size).toBe(100)
  expect(seen).toHaveLength(100)
})

test('a job can be sent where nothing runs jobs, and is run by whoever starts', async () => {
  const service = await testDatabase('user')
  await send(service, 1)
  const seen: number[] = []
  const jobs = await startJobs({
    database: service.database,
    handlers: [job(NoteJob, async ({ n }) => void seen.push(n))],
    log: silent,
  })
  service.beforeDrop(() => jobs.stop())
  await waitFor('the job', () => seen.length === 1)
})

test('a job whose process stopped in the middle is tried again by the next', async () => {
  const service = await testDatabase('user')
  const attempts: number[] = []
  const handler = job(NoteJob, async (_data, { attempt, signal }) => {
    attempts.push(attempt)
    if (attempt === 1) await aborted(signal)
  })
  const first = await startJobs({ database: service.database, handlers: [handler], log: silent, graceMilliseconds: 10 })
  await send(service, 1)
  await waitFor('the first attempt', () => attempts.length === 1)
  await first.stop()
  const second = await startJobs({ database: service.database, handlers: [handler], log: silent })
  service.beforeDrop(() => second.stop())
  await waitFor('the second attempt', () => attempts.length === 2)
})

test('malformed data is refused when it is sent, and so is a transaction that nobody knows', async () => {
  const service = await aService()
  await expect(send(service, 1.5)).rejects.toThrow('the job note.write was sent with malformed data')
  const unknown = service.database.orm.transaction((tx) => sendJob(tx, NoteJob, { n: 1 }))
  await expect(unknown).rejects.toThrow('was not opened by transact() or inTransaction()')
})

test('the timetable is what the handlers say, and cron that is gone is forgotten', async () => {
  const service = await testDatabase('user')
  const timetable = async (...handlers: JobHandler[]) => {
    const jobs = await startJobs({ database: service.database, handlers, log: silent })
    await jobs.stop()
    const { rows } = await service.database.pool.query<{ name: string; cron: string }>(
      'select name, cron from pgboss.schedule order by name',
    )
    return rows.map(({ name, cron }) => `${name} ${cron}`)
  }
  const nothing = async () => {}
  expect(await timetable(cron('a.a', '* * * * *', nothing), cron('b.b', '17 * * * *', nothing))).toEqual([
    'a.a * * * * *',
    'b.b 17 * * * *',
  ])
  expect(await timetable(cron('b.b', '18 * * * *', nothing))).toEqual(['b.b 18 * * * *'])
})

test('a queue has the options of the newest code, and is left alone when they are the same', async () => {
  const service = await testDatabase('user')
  const queueWith = async (options: JobOptions) => {
    const handler = job(defineJob('note.write', NoteJob.shape, options), async () => {})
    const jobs = await startJobs({ database: service.database, handlers: [handler], log: silent })
    await jobs.stop()
    const { rows } = await service.database.pool.query<{ limit: number; backoff: boolean; max: number; at: Date }>(
      `select retry_limit as limit, retry_backoff as backoff, retry_delay_max as max, updated_on as at
       from pgboss.queue where name = 'note.write'`,
    )
    return rows[0]
  }
  const first = await queueWith({ retryLimit: 3 })
  expect(await queueWith({ retryLimit: 3 })).toEqual(first)
  expect(await queueWith({ retryLimit: 5, retryBackoff: false })).toMatchObject({ limit: 5, backoff: false, max: null })
  expect(await queueWith({ retryLimit: 3 })).toMatchObject({ limit: 3, backoff: true, max: 600 })
})

/** Hangs until it is told to stop. */
async function aborted(signal: AbortSignal): Promise<void> {
  await once(signal, 'abort')
  signal.throwIfAborted()
}

async function statesIn({ database }: TestDatabase): Promise<string[]> {
  const { rows } = await database.pool.query<{ state: string }>(
    `select state::text from pgboss.job where name like 'note.%' order by created_on`,
  )
  return rows.map((row) => row.state)
}
