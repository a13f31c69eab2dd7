/** Ends a wait early. A ring while nobody waits is kept, so that nothing that happened in between is missed. */
export interface Bell {
  ring(): void
  /** Resolves at the next ring, at once when it rang since the last wait, and at the latest after the time. True if it rang. */
  wait(millisecondsMax: number): Promise<boolean>
}

/** A bell for one waiter. */
export function createBell(): Bell {
  let rung = false
  let wake: (() => void) | undefined
  return {
    ring() {
      rung = true
      wake?.()
    },
    async wait(millisecondsMax) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, millisecondsMax)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      const result = rung
      wake = undefined
      rung = false
      return result
    },
  }
}
