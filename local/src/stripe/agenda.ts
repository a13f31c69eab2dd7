import type { Due } from './books.ts'
import { deliver, type Endpoint } from './courier.ts'
import type { Desk } from './desk.ts'
import { openDispute } from './disputes.ts'
import { decideLate } from './intents.ts'
import { settleRefund } from './refunds.ts'
import { StripeError } from './stripe-error.ts'

/** How many webhooks are under way at once. */
const AT_ONCE_MAX = 8

/** Does what is planned when it is due. Nothing planned is forgotten when the process ends, however it ends. */
export class Agenda {
  readonly #desk: Desk
  readonly #endpoint: Endpoint | undefined
  readonly #underWay = new Set<number>()
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(desk: Desk, endpoint: Endpoint | undefined) {
    this.#desk = desk
    this.#endpoint = endpoint
  }

  /** Looks at what is due; to be called whenever something may have been planned. */
  wake(): void {
    if (this.#isStopped) return
    clearTimeout(this.#timer)
    const { books, now } = this.#desk
    for (const due of books.due(now(), AT_ONCE_MAX - this.#underWay.size, this.#underWay)) this.#begin(due)
    const next = books.nextDue()
    if (next === undefined || this.#underWay.size >= AT_ONCE_MAX) return
    // What is under way is due too; it wakes us itself when it is over.
    const wait = this.#underWay.size > 0 ? Math.max(next - now(), LOOK_MILLISECONDS) : Math.max(next - now(), 1)
    this.#timer = setTimeout(() => this.wake(), Math.min(wait, LOOK_MILLISECONDS_MAX))
    this.#timer.unref()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #begin(due: Due): void {
    if (due.what === 'webhook') {
      this.#underWay.add(due.seq)
      void this.#deliver(due).finally(() => {
        this.#underWay.delete(due.seq)
        this.wake()
      })
      return
    }
    const { books } = this.#desk
    books.atomically(() => {
      books.done(due.seq)
      carryOut(this.#desk, due)
    })
  }

  async #deliver(due: Due): Promise<void> {
    const { books, now } = this.#desk
    const again = this.#endpoint ? await deliver(this.#desk, this.#endpoint, due) : null
    if (this.#isStopped) return
    if (again === null) books.done(due.seq)
    else books.putOff(due.seq, now() + again)
  }
}

/** The pause between two looks while something is under way, and the longest of all, in milliseconds. */
const LOOK_MILLISECONDS = 20
const LOOK_MILLISECONDS_MAX = 60_000

function carryOut(desk: Desk, { what, id }: Due): void {
  try {
    if (what === 'decide') decideLate(desk, id)
    else if (what === 'refund') settleRefund(desk, id)
    else if (what === 'dispute') openDispute(desk, id)
  } catch (error) {
    // It has been overtaken: there is nothing to dispute when all has been given back.
    if (!(error instanceof StripeError)) throw error
  }
}
