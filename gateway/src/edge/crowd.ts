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

/** What is answered in so many milliseconds with many under way says how quickly, so that one moment is not taken for the usual. */
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
  /** With so many under way it is measured how quickly they are answered: what is answered in a quiet time says nothing of that. */
  readonly #busyFrom: number
  #underWay = 0
  #busySince = 0
  #busyMilliseconds = 0
  #answered = 0
  #perSecond = 0
  /** How many were sent away and have not had the time to be served since. */
  #line = 0
  #lineAt = -Infinity

  constructor(limits: CrowdLimits, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
    this.#busyFrom = Math.ceil(limits.min * USUAL_SHARE)
  }

  /** When to come again, in seconds, if there is no place; undefined when there is one. What has priority is let in for longer. */
  comeAgainIn(isPriority: boolean): number | undefined {
    if (this.#underWay < this.#busyFrom) return undefined
    const perSecond = this.#rate()
    const places = (perSecond * this.#limits.waitMilliseconds) / 1000
    return this.#underWay >= (isPriority ? places : places * USUAL_SHARE) ? this.#comeAgain(perSecond) : undefined
  }

  /** Throws `Overcrowded` when there is no place. */
  refuse(isPriority: boolean): void {
    const seconds = this.comeAgainIn(isPriority)
    if (seconds !== undefined) throw new Overcrowded(seconds)
  }

  /** Somebody was let in. The function that is returned says that they are done, and may be called twice. */
  enter(): () => void {
    this.#underWay += 1
    if (this.#underWay === this.#busyFrom) this.#busySince = this.#now()
    let isDone = false
    return () => {
      if (isDone) return
      isDone = true
      if (this.#underWay >= this.#busyFrom) this.#answered += 1
      if (this.#underWay === this.#busyFrom) this.#busyMilliseconds += this.#now() - this.#busySince
      this.#underWay -= 1
    }
  }

  /** How many are answered in a second when there are many; not less than fills the fewest places. */
  #rate(): number {
    const now = this.#now()
    const busy = this.#busyMilliseconds + now - this.#busySince
    if (busy >= RATE_MILLISECONDS) {
      const measured = (this.#answered / busy) * 1000
      // Of what was measured before a long time, nothing is believed.
      const news = busy > 4 * RATE_MILLISECONDS || this.#perSecond === 0 ? 1 : RATE_NEWS
      this.#perSecond = this.#perSecond * (1 - news) + measured * news
      this.#busySince = now
      this.#busyMilliseconds = 0
      this.#answered = 0
    }
    return Math.max(this.#perSecond, (this.#limits.min * 1000) / this.#limits.waitMilliseconds)
  }

  #comeAgain(perSecond: number): number {
    const now = this.#now()
    const firstComesIn = this.#limits.waitMilliseconds / 2000
    const served = ((now - this.#lineAt) / 1000) * perSecond
    const longest = Math.max(0, RETRY_SECONDS_MAX - firstComesIn) * perSecond
    this.#line = Math.min(longest, Math.max(0, this.#line - served) + 1)
    this.#lineAt = now
    return Math.max(1, Math.ceil(Math.min(RETRY_SECONDS_MAX, firstComesIn + this.#line / perSecond)))
  }
}
