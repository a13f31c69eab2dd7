import { BrokenCircuitError, circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel'

/** When a breaker opens, and for how long. */
export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failuresMax: number
  /** How long it stays open before one call tries whether the other side is back, in milliseconds. */
  readonly restMilliseconds: number
  /** Whether an error says that the other side is not well. Another is a sign of life from the call that tries. */
  readonly isFailure: (error: unknown) => boolean
  /** Told when it opens and when it closes. */
  readonly onChange: (isOpen: boolean) => void
}

/** The call was not made, because the breaker is open. */
export class BreakerOpen extends Error {
  constructor() {
    super('not called: the breaker is open')
    this.name = 'BreakerOpen'
  }
}

/**
 * A circuit breaker that costs nothing while it is closed: then whoever calls only reports how it went. Failures are
 * counted in a row and not as a share, so that no client can shut others out with requests that take too long; a
 * single success of anybody begins the count again.
 */
export class Breaker {
  readonly #count: ConsecutiveBreaker
  readonly #circuit: ReturnType<typeof circuitBreaker>

  constructor({ failuresMax, restMilliseconds, isFailure, onChange }: BreakerOptions) {
    this.#count = new ConsecutiveBreaker(failuresMax)
    this.#circuit = circuitBreaker(handleWhen(isFailure), { halfOpenAfter: restMilliseconds, breaker: this.#count })
    this.#circuit.onBreak(() => onChange(true))
    this.#circuit.onReset(() => onChange(false))
  }

  /** Whether calls are made as usual, and reported to `succeeded` and `failed`. Otherwise they go through `attempt`. */
  get isClosed(): boolean {
    return this.#circuit.state === CircuitState.Closed
  }

  /** The other side answered. */
  succeeded(): void {
    this.#count.success()
  }

  /** The other side failed. What began before the breaker opened and ends after it changes nothing. */
  failed(failure: Error): void {
    if (!this.isClosed) return
    const fail = () => {
      throw failure
    }
    void Promise.allSettled([this.#circuit.execute(fail)])
  }

  /**
   * Makes a call while the breaker is not closed: when it has rested, one call tries, and its success closes the
   * breaker. All others fail with `BreakerOpen` at once instead of waiting for how that one goes.
   */
  async attempt<T>(call: () => Promise<T>): Promise<T> {
    if (this.#circuit.state === CircuitState.HalfOpen) throw new BreakerOpen()
    try {
      return await this.#circuit.execute(call)
    } catch (error) {
      throw error instanceof BrokenCircuitError ? new BreakerOpen() : error
    }
  }
}
