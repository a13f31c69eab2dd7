import { describe, expect, test } from 'vitest'
import { inBatches, type Asking } from './batch.ts'

const failed = (reason: unknown) => expect.unreachable(String(reason))

const LIMITS = { togetherMax: 3, waitingMax: 5 }

/** A database under the test's control: every statement waits until the test lets it go. */
function slowly(facts: Partial<Asking<string, string>> = {}, limits = LIMITS) {
  const statements: string[][] = []
  const failures: unknown[] = []
  const waiting: (() => void)[] = []
  const asked = async (wishes: readonly string[]) => {
    statements.push([...wishes])
    await new Promise<void>((go) => {
      waiting.push(go)
    })
  }
  const ask = inBatches<string, string>(
    {
      together: async (wishes) => {
        await asked(wishes)
        return facts.together ? facts.together(wishes) : wishes.map((wish) => wish.toUpperCase())
      },
      alone: async (wish) => {
        await asked([wish])
        return facts.alone ? facts.alone(wish) : wish.toUpperCase()
      },
      failed: (reason) => failures.push(reason),
    },
    limits,
  )
  /** Lets the oldest statement go, and everything happen that comes of it. */
  const letGo = async () => {
    waiting.shift()?.()
    await new Promise((done) => setImmediate(done))
  }
  return { ask, statements, failures, letGo }
}

describe('what arrives while a statement is in flight', () => {
  test('becomes the next statement, and who comes first is sent alone and at once', async () => {
    const { ask, statements, letGo } = slowly()
    const answers = Promise.all(['a', 'b', 'c'].map((wish) => ask('event', wish)))
    expect(statements).toEqual([['a']])
    await letGo()
    expect(statements).toEqual([['a'], ['b', 'c']])
    await letGo()
    expect(await answers).toEqual(['A', 'B', 'C'])
  })

  test('goes in statements of a limited size, in its order', async () => {
    const { ask, statements, letGo } = slowly()
    const answers = Promise.all(['a', 'b', 'c', 'd', 'e'].map((wish) => ask('event', wish)))
    for (let turn = 0; turn < 3; turn++) await letGo()
    expect(statements).toEqual([['a'], ['b', 'c', 'd'], ['e']])
    expect(await answers).toEqual(['A', 'B', 'C', 'D', 'E'])
  })

  test('waits in part when it is more than was just answered, so that both sides always have something to do', async () => {
    const { ask, statements, letGo } = slowly({}, { togetherMax: 64, waitingMax: 64 })
    const answers = Promise.all('abcdefgh'.split('').map((wish) => ask('event', wish)))
    for (let turn = 0; turn < 3; turn++) await letGo()
    expect(statements).toEqual([['a'], ['b', 'c', 'd', 'e'], ['f', 'g', 'h']])
    expect((await answers).join('')).toBe('ABCDEFGH')
  })

  test('leaves before what is known is told', async () => {
    const happened: string[] = []
    // As a pool of connections does it.
    const alone = async (wish: string) => {
      await new Promise<void>((sent) => process.nextTick(sent))
      happened.push(`${wish} sent`)
      await new Promise((done) => setImmediate(done))
      return wish
    }
    const ask = inBatches<string, string>(
      { together: (wishes) => Promise.all(wishes.map(alone)), alone, failed },
      LIMITS,
    )
    await Promise.all(['a', 'b'].map((wish) => ask('event', wish).then(() => happened.push(`${wish} told`))))
    expect(happened).toEqual(['a sent', 'b sent', 'a told', 'b told'])
  })

  test('does not wait for other queues', async () => {
    const { ask, statements, letGo } = slowly()
    const answers = Promise.all([ask('one', 'a'), ask('other', 'b')])
    expect(statements).toEqual([['a'], ['b']])
    await letGo()
    await letGo()
    expect(await answers).toEqual(['A', 'B'])
  })

  test('is answered THROTTLED when too much waits, and the queue is open again afterwards', async () => {
    const { ask, letGo } = slowly()
    const accepted = Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((wish) => ask('event', wish)))
    await expect(ask('event', 'g')).rejects.toMatchObject({
      code: 'THROTTLED',
      details: { retryAfterSeconds: expect.any(Number) },
    })
    for (let turn = 0; turn < 3; turn++) await letGo()
    expect(await accepted).toHaveLength(6)
    const late = ask('event', 'h')
    await letGo()
    expect(await late).toBe('H')
  })
})

describe('a batch that fails', () => {
  test('is asked one by one, and only whoever is to blame fails', async () => {
    const { ask, statements, failures, letGo } = slowly({
      together: (wishes) =>
        wishes.includes('c')
          ? Promise.reject(new Error('one of them is bad'))
          : Promise.resolve(wishes.map((wish) => wish.toUpperCase())),
      alone: (wish) => (wish === 'c' ? Promise.reject(new Error('c is bad')) : Promise.resolve(wish.toUpperCase())),
    })
    const answers = Promise.allSettled(['a', 'b', 'c', 'd', 'e', 'f'].map((wish) => ask('event', wish)))
    for (let turn = 0; turn < 6; turn++) await letGo()
    expect(statements).toEqual([['a'], ['b', 'c', 'd'], ['b'], ['c'], ['d'], ['e', 'f']])
    expect(failures).toMatchObject([{ message: 'one of them is bad' }])
    expect(await answers).toMatchObject([
      { value: 'A' },
      { value: 'B' },
      { reason: { message: 'c is bad' } },
      { value: 'D' },
      { value: 'E' },
      { value: 'F' },
    ])
  })

  test('and so does one that is alone, without stopping the queue', async () => {
    const { ask, letGo } = slowly({
      alone: (wish) => (wish === 'a' ? Promise.reject(new Error('gone')) : Promise.resolve(wish.toUpperCase())),
    })
    const answers = Promise.allSettled(['a', 'b'].map((wish) => ask('event', wish)))
    await letGo()
    await letGo()
    expect(await answers).toMatchObject([{ reason: { message: 'gone' } }, { value: 'B' }])
  })
})

test('who was left out of a batch is asked alone, and nobody waits for that', async () => {
  const { ask, statements, letGo } = slowly({
    together: (wishes) => Promise.resolve(wishes.map((wish) => (wish === 'b' ? undefined : wish.toUpperCase()))),
  })
  const [first, busy, other] = ['a', 'b', 'c'].map((wish) => ask('event', wish))
  await letGo()
  await letGo()
  expect(await Promise.all([first, other])).toEqual(['A', 'C'])
  const next = ask('event', 'd')
  expect(statements).toEqual([['a'], ['b', 'c'], ['b'], ['d']])
  await letGo()
  await letGo()
  expect(await Promise.all([busy, next])).toEqual(['B', 'D'])
})
