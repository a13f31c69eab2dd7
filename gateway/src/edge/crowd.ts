import { Fault } from '@tikitu/runtime/fault'

/** How many requests are let in at once. */
export interface CrowdLimits {
  /** How long who is let in may have to wait for those before, in milliseconds. */
  readonly waitMilliseconds: number
  /** So many are let in however slowly requests are answered. */
  readonly min: number
}

/** There are more people than can be served in a reasonable time, and this one is told when to come again. Nothing was done. */
export class Overcrowded extends Fault {
  /** For the header `Retry-After`. */
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super('THROTTLED', comeAgain(retryAfterSeconds), {
      details: { retryAfterSeconds },
    })
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The answer that says so, as text. */
export function overcrowded(retryAfterSeconds: number, requestId: string): string {
  const extensions = { retryAfterSeconds, code: 'THROTTLED', requestId }
  return JSON.stringify({ errors: [{ message: comeAgain(retryAfterSeconds), extensions }] })
}

const comeAgain = (seconds: number) => `Very many people are here just now. Please try again in ${seconds} s.`

/** What is answered in so many milliseconds says how quickly, so that a busy moment is not taken for the usual. */
const RATE_MILLISECONDS = 500

/** Of what is believed of the rate, so much is what was measured last. */
const RATE_NEWS = 0.3

/** Nobody is sent away for longer, in seconds: by then much may have changed. */
const RETRY_SECONDS_MAX = 60

/** What has no priority is let in until this share of the places is taken. */
const USUAL_SHARE = 0.5

/**
 * A queue with an end, instead of one in which everybody waits until their time is out: requests are let in as long as those
 * before will have been answered within a reasonable time. Who comes then is told at once to come again, each at a time of
 * their own, one after the other as quickly as requests are answered, as if they had drawn a number.
 */
export class Crowd {
  readonly #limits: CrowdLimits
  readonly #now: () => number
  #underWay = 0
  #answered = 0
  #measuredAt: number
  #perSecond = 0
  /** When whoever was sent away last comes again. */
  #lastComesAt = -Infinity

  constructor(limits: CrowdLimits, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
    this.#measuredAt = now()
  }

  /** When to come again, in seconds, if there is no place; undefined when there is one. What has priority is let in for longer. */
  comeAgainIn(isPriority: boolean): number | undefined {
    const { min, waitMilliseconds } = this.#limits
    if (this.#underWay < min * USUAL_SHARE) return undefined
    const places = Math.max(min, (this.#rate() * waitMilliseconds) / 1000)
    return this.#underWay >= (isPriority ? places : places * USUAL_SHARE) ? this.#comeAgain() : undefined
  }

  /** Throws `Overcrowded` when there is no place. */
  refuse(isPriority: boolean): void {
    const seconds = this.comeAgainIn(isPriority)
    if (seconds !== undefined) throw new Overcrowded(seconds)
  }

  /** Somebody was let in. The function that is returned says that they are done, and may be called twice. */
  enter(): () => void {
    this.#underWay += 1
    let isDone = false
    return () => {
      if (isDone) return
      isDone = true
      this.#underWay -= 1
      this.#answered += 1
    }
  }

  #rate(): number {
    const now = this.#now()
    const elapsed = now - this.#measuredAt
    if (elapsed < RATE_MILLISECONDS) return this.#perSecond
    const measured = (this.#answered / elapsed) * 1000
    // After a quiet time what was measured before says nothing.
    const news = elapsed > 4 * RATE_MILLISECONDS || this.#perSecond === 0 ? 1 : RATE_NEWS
    this.#perSecond = this.#perSecond * (1 - news) + measured * news
    this.#measuredAt = now
    this.#answered = 0
    return this.#perSecond
  }

  #comeAgain(): number {
    const now = this.#now()
    const waitMilliseconds = this.#limits.waitMilliseconds / 2
    const latest = now + RETRY_SECONDS_MAX * 1000
    this.#lastComesAt = Math.max(now + waitMilliseconds, this.#lastComesAt + 1000 / Math.max(1, this.#perSecond))
    if (this.#lastComesAt > latest) this.#lastComesAt = latest
    return Math.max(1, Math.ceil((this.#lastComesAt - now) / 1000))
  }
}
