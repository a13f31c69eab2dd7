import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { forgetKeys, onceForKey, type Wish } from './idempotency.ts'
import { newId } from './ids.ts'
import { accept, refuse } from './outcome.ts'
import { testDatabase, type TestDatabase } from './testing/index.ts'
import { transact } from './transact.ts'

let test: TestDatabase

beforeAll(async () => {
  // Any service has the runtime's own tables.
  test = await testDatabase('user')
  await test.database.pool.query('create table marks (id uuid primary key)')
})

const mark = (id: string) => sql`insert into marks values (${id})`
async function isMarked(id: string): Promise<boolean> {
  return (await test.database.pool.query('select from marks where id = $1', [id])).rowCount === 1
}

describe('a transaction', () => {
  it('commits what was accepted', async () => {
    const id = newId()
    const outcome = await transact(test.database, async (tx, at) => {
      await tx.execute(mark(id))
      return accept(at)
    })
    expect(outcome).toEqual({ ok: true, value: expect.any(Date) })
    expect(await isMarked(id)).toBe(true)
  })

  it('undoes what was refused, and what failed', async () => {
    const [refused, failed] = [newId(), newId()]
    const outcome = await transact(test.database, async (tx) => {
      await tx.execute(mark(refused))
      return refuse('TooLate', 'It is too late.', { minutes: 5 })
    })
    expect(outcome).toMatchObject({ ok: false, refusal: 'TooLate', facts: { minutes: 5 } })
    const failing = transact(test.database, async (tx) => {
      await tx.execute(mark(failed))
      throw new Error('broken')
    })
    await expect(failing).rejects.toThrow('broken')
    expect([await isMarked(refused), await isMarked(failed)]).toEqual([false, false])
  })

  it('is begun anew after a deadlock, and only then', async () => {
    let attempts = 0
    const raise = (state: string) =>
      sql`do ${sql.raw(`$$ begin raise exception 'x' using errcode = '${state}'; end $$`)}`
    const recovered = await transact(test.database, async (tx) => {
      if (++attempts < 3) await tx.execute(raise('40P01'))
      return accept(attempts)
    })
    expect(recovered).toEqual({ ok: true, value: 3 })
    attempts = 0
    const failing = transact(test.database, async (tx) => {
      attempts++
      await tx.execute(raise('23505'))
      return accept()
    })
    await expect(failing).rejects.toThrow('Failed query')
    expect(attempts).toBe(1)
  })
})

describe('an idempotency key', () => {
  const aWish = (facts: Partial<Wish> = {}): Wish => ({
    caller: newId(),
    key: newId(),
    operation: 'checkout',
    request: { a: 1, b: 2 },
    ...facts,
  })
  const wishFor = (wish: Wish, id = newId()) =>
    transact(test.database, (tx) => onceForKey(tx, wish, async () => (await tx.execute(mark(id)), accept({ id }))))

  it('gives the first answer again, whatever the order of the fields', async () => {
    const wish = aWish()
    const first = await wishFor(wish)
    expect(first).toMatchObject({ ok: true, value: { repeated: false } })
    const again = await wishFor({ ...wish, request: { b: 2, a: 1 } })
    expect(again).toEqual({ ok: true, value: { id: first.ok ? first.value.id : '', repeated: true } })
  })

  it('is refused for another request, and is each caller’s own', async () => {
    const wish = aWish()
    await wishFor(wish)
    expect(await wishFor({ ...wish, request: { a: 2 } })).toMatchObject({
      refusal: 'IdempotencyKeyReused',
      facts: { idempotencyKey: wish.key },
    })
    expect(await wishFor({ ...wish, operation: 'cancelBooking' })).toMatchObject({ refusal: 'IdempotencyKeyReused' })
    expect(await wishFor({ ...wish, caller: newId() })).toMatchObject({ ok: true, value: { repeated: false } })
  })

  it('works once for forty who come at the same time; the others are told to ask again', async () => {
    const wish = aWish()
    const answers = await Promise.allSettled(Array.from({ length: 40 }, () => wishFor(wish)))
    const first = answers.filter((one) => one.status === 'fulfilled' && one.value.ok && !one.value.value.repeated)
    expect(first).toHaveLength(1)
    for (const one of answers) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'CONFLICT' })
  })

  it('does not remember a refusal', async () => {
    const wish = aWish()
    const refused = await transact(test.database, (tx) =>
      onceForKey(tx, wish, async () => refuse('SoldOut', 'Sold out.')),
    )
    expect(refused).toMatchObject({ refusal: 'SoldOut' })
    expect(await wishFor(wish)).toMatchObject({ ok: true, value: { repeated: false } })
  })

  it('is forgotten after its time', async () => {
    const wish = aWish()
    await wishFor(wish)
    await test.database.pool.query(
      `update idempotency_keys set created_at = now() - interval '25 hours' where key = $1`,
      [wish.key],
    )
    await forgetKeys(test.database, 24)
    expect(await wishFor(wish)).toMatchObject({ ok: true, value: { repeated: false } })
  })
})
