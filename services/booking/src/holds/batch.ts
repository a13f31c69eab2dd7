import { Fault } from '@tikitu/runtime/fault'

/** The two ways of asking the database. */
export interface Asking<Wish, Answer> {
  /**
   * All of them in one transaction. The answers come in the order of the wishes; undefined is one that was left out and
   * has to be asked alone. When it throws, nobody knows what became of them.
   */
  together(wishes: readonly Wish[]): Promise<readonly (Answer | undefined)[]>
  /** One by itself. Asked again, it must give the answer that it gave before, or would have. */
  alone(wish: Wish): Promise<Answer>
  /** Is told why a batch failed: nobody who asked is, unless it comes up again. */
  failed(reason: unknown): void
}

/** How much there may be at once. */
export interface BatchLimits {
  /** Wishes in one statement. */
  readonly togetherMax: number
  /** Wishes that wait in one queue. Who comes when it is full gets the fault THROTTLED, with the time to wait. */
  readonly waitingMax: number
}

/** Those who are told so together must not come back together. */
const RETRY_SECONDS_MAX = 5

function tooMany(): Fault {
  const retryAfterSeconds = 1 + Math.floor(Math.random() * RETRY_SECONDS_MAX)
  const message = `Too many people want this at this moment. Ask again in ${retryAfterSeconds} s, with the same key.`
  return new Fault('THROTTLED', message, { details: { retryAfterSeconds } })
}

interface Caller<Wish, Answer> {
  readonly wish: Wish
  readonly answer: (answer: Answer) => void
  readonly fail: (reason: unknown) => void
}

/**
 * Asks in batches: what arrives in a queue while its statement is in flight becomes its next statement. There is one in
 * flight for each queue, and no timer, so a wish that finds its queue idle is sent at once and alone. When a batch
 * fails, its wishes are asked one by one, so that nobody suffers for what another asked. The next statement leaves before
 * the answers of the one before are told.
 *
 * A caller who has left keeps the place in the queue: what is asked for is found under its key.
 */
export function inBatches<Wish, Answer>(
  { together, alone, failed }: Asking<Wish, Answer>,
  { togetherMax, waitingMax }: BatchLimits,
): (queue: string, wish: Wish) => Promise<Answer> {
  /** Those who wait for the statement in flight; a queue without one is not here. */
  const queues = new Map<string, Caller<Wish, Answer>[]>()

  return (queue, wish) =>
    new Promise((answer, fail) => {
      const caller = { wish, answer, fail }
      const waiting = queues.get(queue)
      if (!waiting) {
        queues.set(queue, [])
        void serve(queue, caller)
      } else if (waiting.length < waitingMax) waiting.push(caller)
      else fail(tooMany())
    })

  async function serve(queue: string, first: Caller<Wish, Answer>): Promise<void> {
    let batch = [first]
    let asking: Promise<() => void> | undefined = ask(batch)
    while (asking) {
      const tell = await asking
      batch = next(queue, batch.length)
      asking = batch.length > 0 ? ask(batch) : undefined
      // In the next tick, when the next statement has left: the database works at it while these are answered.
      process.nextTick(tell)
    }
  }

  /**
   * Half of those who are there, and not everybody who waits: whoever was answered often asks again, and while the
   * database works for the one half this process does for the other. All at once, each would wait for the other.
   */
  function next(queue: string, answered: number): Caller<Wish, Answer>[] {
    const waiting = queues.get(queue) ?? []
    const batch = waiting.splice(0, Math.min(togetherMax, Math.ceil((waiting.length + answered) / 2)))
    if (batch.length === 0) queues.delete(queue)
    return batch
  }

  /** Gives what tells the callers. Who comes first is not kept waiting for what a batch costs. */
  function ask(batch: readonly Caller<Wish, Answer>[]): Promise<() => void> {
    const [only] = batch
    return batch.length === 1 && only ? askAlone(only) : askTogether(batch)
  }

  async function askTogether(batch: readonly Caller<Wish, Answer>[]): Promise<() => void> {
    let answers: readonly (Answer | undefined)[]
    try {
      answers = await together(batch.map(({ wish }) => wish))
    } catch (error) {
      failed(error)
      const tells = await Promise.all(batch.map(askAlone))
      return () => tells.forEach((tell) => tell())
    }
    return () =>
      batch.forEach((caller, place) => {
        const answer = answers[place]
        // The queue does not wait for those who were left out: they may have to wait for somebody else.
        if (answer === undefined) void askAlone(caller).then((tell) => tell())
        else caller.answer(answer)
      })
  }

  /** Never fails: its caller does. */
  async function askAlone({ wish, answer, fail }: Caller<Wish, Answer>): Promise<() => void> {
    try {
      const answered = await alone(wish)
      return () => answer(answered)
    } catch (error) {
      return () => fail(error)
    }
  }
}
