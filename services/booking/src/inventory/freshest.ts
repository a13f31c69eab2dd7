/**
 * Reads something by its key, at most once at a time: whoever asks while it is being read is given what the next reading
 * brings, which begins after they asked. A crowd that was told of one change reads twice, and nobody what was before it.
 */
export function freshest<Value>(read: (key: string) => Promise<Value>): (key: string) => Promise<Value> {
  const running = new Map<string, Promise<Value>>()
  const next = new Map<string, Promise<Value>>()

  function start(key: string): Promise<Value> {
    const reading = read(key).finally(() => running.delete(key))
    running.set(key, reading)
    return reading
  }

  async function startAfter(key: string, before: Promise<Value>): Promise<Value> {
    await before.then(
      () => {},
      // Whoever asked for that one is told of its failure.
      () => {},
    )
    next.delete(key)
    return start(key)
  }

  return (key) => {
    const underWay = running.get(key)
    if (!underWay) return start(key)
    const waiting = next.get(key) ?? startAfter(key, underWay)
    next.set(key, waiting)
    return waiting
  }
}
