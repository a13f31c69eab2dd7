import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Operation } from './operations.ts'

/** A load on one gateway: each client sends its next request when it has the answer to its last. */
export interface Load {
  readonly port: number
  readonly operation: Operation['name']
  /** The head of each client's requests, without the length of the body and the empty line. */
  readonly headers: readonly string[]
  /** Where to go on counting, so that what was never seen is never seen again. */
  readonly firstNumber: number
  readonly warmUpSeconds: number
  readonly seconds: number
}

/** What came of it. */
export interface LoadResult {
  readonly seconds: number
  readonly requests: number
  /** Milliseconds. */
  readonly p50: number
  /** Milliseconds. */
  readonly p99: number
  /** What the load generator itself used. */
  readonly cpuMilliseconds: number
  /** A few of the answers, with the number of their requests. */
  readonly kept: readonly { readonly number: number; readonly body: string }[]
}

/** What the load generator tells. */
export type LoadMessage =
  | { readonly type: 'begun' }
  | ({ readonly type: 'ended' } & LoadResult)
  | { readonly type: 'failed'; readonly message: string }

/** The load generator. */
export interface LoadGenerator {
  /** Runs a load; `begun` and `ended` are called at the very edges of what is measured. Throws at the first answer that is none. */
  run(load: Load, edges: { begun(): void; ended(): void }): Promise<LoadResult>
  stop(): Promise<void>
}

/** Starts the load generator as a process of its own. */
export function startLoadGenerator(): LoadGenerator {
  const child = fork(join(import.meta.dirname, 'load.main.ts'), { execArgv: [] })
  return {
    run: (load, { begun, ended }) =>
      new Promise((resolve, reject) => {
        const hear = (message: LoadMessage) => {
          if (message.type === 'begun') return begun()
          child.off('message', hear)
          child.off('exit', gone)
          if (message.type === 'failed') return reject(new Error(message.message))
          ended()
          resolve(message)
        }
        const gone = () => reject(new Error('The load generator ended.'))
        child.on('message', hear)
        child.on('exit', gone)
        child.send(load)
      }),
    stop: async () => {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
