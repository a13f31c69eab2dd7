import { AsyncLocalStorage } from 'node:async_hooks'

/** Why the running code runs: carried from the request through events and jobs, into every log and envelope. */
export interface Trace {
  /** The request (or timer) that all of this began with. */
  readonly correlationId: string
  /** The event or job that is being handled; a request has none. */
  readonly causationId?: string | undefined
  /** W3C trace context, when the caller sent one. */
  readonly traceparent?: string | undefined
}

const ambient = new AsyncLocalStorage<Trace>()

/** Runs `work`, and everything it awaits, under the trace. */
export function withTrace<Result>(trace: Trace, work: () => Result): Result {
  return ambient.run(trace, work)
}

/** The trace of the running code; undefined outside a request, event or job. */
export function currentTrace(): Trace | undefined {
  return ambient.getStore()
}
