import { AsyncLocalStorage } from 'node:async_hooks'

const skews = new AsyncLocalStorage<number>()
const RealDate = Date
const now = () => RealDate.now() + (skews.getStore() ?? 0)

/** Does something with a clock that is wrong by so many milliseconds, and so does whatever follows from it. */
export function withClock<Result>(skewMilliseconds: number, work: () => Result): Result {
  globalThis.Date = SkewedDate
  return skews.run(skewMilliseconds, work)
}

/** Asks who is asking, so that several instances in one process have a clock each. */
const SkewedDate = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget): Date =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, name): unknown => (name === 'now' ? now : Reflect.get(target, name)),
})
