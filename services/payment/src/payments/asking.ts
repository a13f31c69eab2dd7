/** Conversations about attempts that go on in this process, by the provider's name for the attempt. */
const underWay = new Map<string, Set<Promise<unknown>>>()

/** Notes that the provider is being asked about the attempt until the work ends. */
export async function whileAsking<Value>(ref: string | null, work: () => Promise<Value>): Promise<Value> {
  if (ref === null) return work()
  const working = work()
  const all = underWay.get(ref) ?? new Set()
  underWay.set(ref, all.add(working))
  try {
    return await working
  } finally {
    all.delete(working)
    if (all.size === 0) underWay.delete(ref)
  }
}

/** Waits until nobody in this process asks about the attempt, but no longer than so many milliseconds. Never rejects. */
export async function untilAnswered(ref: string, milliseconds: number): Promise<void> {
  const asking = underWay.get(ref)
  if (!asking) return
  const { promise: patience, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  await Promise.race([Promise.allSettled(asking), patience])
  clearTimeout(timer)
}
