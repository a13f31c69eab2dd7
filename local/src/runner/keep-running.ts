import { setTimeout as delay } from 'node:timers/promises'
import type { Output } from './output.ts'
import { decideRestart, RESTARTS_MAX } from './restarts.ts'

/** Something that runs until it is stopped, or ends by itself. */
export interface Running {
  /** Resolves with the reason when it ends. */
  ended: Promise<string>
  /** Resolves when it is gone. */
  stop(): Promise<void>
}

/** A process that could not be started, or not be kept running. The message says why, or where to look. */
export class ProcessFailed extends Error {
  constructor(what: string, output: Output) {
    super([what, ...output.untold().map((line) => `  ${line}`), `All of it is in ${output.file}`].join('\n'))
    this.name = 'ProcessFailed'
  }
}

/** What is needed to keep something running. */
export interface Keeping<T extends Running> {
  name: string
  /** Starts it; throws if that fails or the signal is aborted meanwhile. */
  start: (signal: AbortSignal) => Promise<T>
  output: Output
  /** Called once, when it ended too often. */
  failed: (error: Error) => void
  /** Aborted when nothing is to be started any more. */
  signal: AbortSignal
}

/** Starts something, and starts it again, with growing pauses, whenever it ends. Throws if the first start does. */
export async function keepRunning<T extends Running>(
  keeping: Keeping<T>,
): Promise<{ first: T; stop(): Promise<void> }> {
  const { name, start, output, failed, signal } = keeping
  const stopped = new AbortController()
  const noMore = AbortSignal.any([signal, stopped.signal])
  const ends: number[] = []
  const first = await start(noMore)
  let running = first
  let restarting = Promise.resolve()

  const comeBack = (why: string) => {
    if (noMore.aborted) return
    ends.push(performance.now())
    const wait = decideRestart(ends)
    if (wait === 'give up') {
      failed(new ProcessFailed(`${why}, for the ${RESTARTS_MAX + 1}th time in a minute.`, output))
      return
    }
    output.line(`${why}; starting it again in ${wait / 1000} s`, 'stderr')
    restarting = startAgain(wait)
  }
  const startAgain = async (wait: number) => {
    try {
      await delay(wait, undefined, { signal: noMore })
      running = await start(noMore)
    } catch (error) {
      comeBack((error as Error).message.split('\n')[0] ?? '')
      return
    }
    output.line(`${name} is ready again`, 'stderr')
    void running.ended.then(comeBack)
  }
  void first.ended.then(comeBack)

  return {
    first,
    stop: async () => {
      stopped.abort()
      await restarting
      await running.stop()
    },
  }
}
