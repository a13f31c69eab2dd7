import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** What buyers ask for. */
export type Want =
  /** Two seats next to each other, of the seats from `firstSeat` on; each client in the event of its own number, if there are several. */
  | {
      readonly kind: 'seats'
      readonly eventIds: readonly string[]
      readonly firstSeat: number
      readonly lastSeat: number
    }
  /** One unit of general admission. */
  | { readonly kind: 'admission'; readonly eventId: string; readonly ticketTypeId: string }
  /** Two seats next to each other, whichever are best. */
  | { readonly kind: 'best'; readonly eventId: string; readonly ticketTypeId: string }
  /** What anybody may read; the query asks for a `__typename`. */
  | { readonly kind: 'read'; readonly query: string; readonly variables: object }
  /** A file that anybody may read. */
  | { readonly kind: 'file'; readonly path: string }
  /** What is refused before anybody looks into a database. */
  | { readonly kind: 'nothing' }

/** A load on the service's graph: each client sends its next request, of another buyer, when it has its last answer. */
export interface GraphLoad {
  readonly port: number
  readonly identitySecret: string
  readonly want: Want
  readonly clients: number
  readonly seconds: number
  /** Not more than so many. */
  readonly requestsMax: number
}

/** What came of it. */
export interface GraphResult {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  /** Milliseconds. */
  readonly p99: number
  /** How often each answer came, by its type. */
  readonly answers: Readonly<Record<string, number>>
  /** The size of the last one. */
  readonly bytes: number
}

/** What the load generator tells. */
export type GraphLoadMessage =
  | ({ readonly type: 'ended' } & GraphResult)
  | { readonly type: 'failed'; readonly message: string }

/** The load generator. */
export interface GraphLoadGenerator {
  /** Throws when an answer is an error. */
  run(load: GraphLoad): Promise<GraphResult>
  stop(): Promise<void>
}

/** Starts the load generator as a process of its own. */
export function startGraphLoad(): GraphLoadGenerator {
  const child = fork(join(import.meta.dirname, 'graph-load.main.ts'), { execArgv: [] })
  return {
    run: (load) =>
      new Promise((resolve, reject) => {
        const gone = () => reject(new Error('The load generator ended.'))
        child.once('exit', gone)
        child.once('message', (message: GraphLoadMessage) => {
          child.off('exit', gone)
          if (message.type === 'failed') reject(new Error(message.message))
          else resolve(message)
        })
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
