import { LruMap } from '../lru.ts'

/** How many points one caller may spend. */
export interface Allowance {
  /** The most there can be at once: what may be spent in one go. */
  readonly points: number
  /** How many come back. */
  readonly pointsPerSecond: number
}

/** What came of asking for points. */
export interface Withdrawal {
  readonly granted: boolean
  /** Points that are left now; never more than the allowance, and not rounded. */
  readonly available: number
  /** Seconds after which as many are there as were asked for, if nobody takes them meanwhile; 0 when granted. */
  readonly waitSeconds: number
}

/** Callers whose budgets are remembered, for each kind of budget. */
const CALLERS_MAX = 50_000

/**
 * A budget of points for each caller, which refills by the clock and not by a timer. It is a leaky bucket turned over:
 * all that is kept of a caller is the instant at which the budget is full again, and nobody is kept forever: of more
 * than `callersMax` the one who has spent nothing for longest is forgotten, and begins again with a full budget.
 */
export class Budget {
  readonly allowance: Allowance
  readonly #now: () => number
  readonly #callers: LruMap<string, { fullAt: number }>

  /** `now` is a clock that only goes forward, in milliseconds. */
  constructor(allowance: Allowance, { callersMax = CALLERS_MAX, now = () => performance.now() } = {}) {
    this.allowance = allowance
    this.#now = now
    this.#callers = new LruMap(callersMax)
  }

  /** Callers that are remembered. */
  get size(): number {
    return this.#callers.size
  }

  /** Takes points from a caller's budget if there are so many, and none otherwise: to be refused costs nothing. */
  take(caller: string, points: number): Withdrawal {
    const now = this.#now()
    const perMillisecond = this.allowance.pointsPerSecond / 1000
    const known = this.#callers.get(caller)
    const fullAt = Math.max(known?.fullAt ?? now, now)
    const available = this.allowance.points - (fullAt - now) * perMillisecond
    const missing = points - available
    if (missing > ROUNDING) {
      return { granted: false, available, waitSeconds: missing / this.allowance.pointsPerSecond }
    }
    const fullAgainAt = fullAt + points / perMillisecond
    if (known) known.fullAt = fullAgainAt
    else this.#callers.set(caller, { fullAt: fullAgainAt })
    return { granted: true, available: Math.max(available - points, 0), waitSeconds: 0 }
  }
}

/** Instants are not exact: whoever has waited as long as was asked is not turned away for a millionth of a point. */
const ROUNDING = 1e-6
