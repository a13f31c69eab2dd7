import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { HANDLED, type Place } from './buses.ts'
import type { Order, Report, Start } from './messages.ts'

/** How long the last event may take, in milliseconds. */
const PATIENCE_MILLISECONDS = 120_000

/** Clients that commit at once when it is about the rate. */
const CLIENTS = 16

/** One bus with a service at each end, each a process of its own. */
export interface Contender {
  /** From each commit in A to the commit in B that it was handled, in milliseconds, at a steady rate. */
  latencies(count: number, perSecond: number): Promise<number[]>
  /** Events a second, from the first commit in A to the last in B, when A commits as fast as it can. */
  rate(count: number): Promise<number>
}

/** Starts both ends. Throws when one does not start. */
export async function startContender(
  place: Place,
  cleanUp: (step: () => Promise<void> | void) => void,
): Promise<Contender> {
  const consumer = start({ end: 'consumer', place })
  cleanUp(() => stop(consumer))
  await heard(consumer)
  const publisher = start({ end: 'publisher', place })
  cleanUp(() => stop(publisher))
  await heard(publisher)
  const listener = new pg.Client({ connectionString: place.consumerUrl })
  await listener.connect()
  cleanUp(() => listener.end())
  await listener.query(`listen ${HANDLED}`)
  let next = 0

  async function order(message: Order): Promise<readonly number[]> {
    const answer = heard(publisher)
    publisher.send(message)
    return answer
  }

  /** The effects of the slot before are not counted again. */
  const begin = () => listener.query('truncate effects')

  async function allHandled(count: number): Promise<void> {
    const deadline = performance.now() + PATIENCE_MILLISECONDS
    for (;;) {
      const { rows } = await listener.query<{ n: number }>('select count(*)::int as n from effects')
      if ((rows[0]?.n ?? 0) === count) return
      if (performance.now() > deadline) throw new Error(`${place.bus}: ${rows[0]?.n} of ${count} events came through`)
      await delay(50)
    }
  }

  return {
    async latencies(count, perSecond) {
      const first = next
      next += count
      await begin()
      const handledAt = new Map<number, number>()
      const note = ({ payload }: pg.Notification) =>
        handledAt.set(Number(payload), performance.timeOrigin + performance.now())
      listener.on('notification', note)
      const committedAt = await order({ kind: 'paced', first, count, perSecond })
      await allHandled(count)
      listener.off('notification', note)
      return committedAt.map((at, index) => (handledAt.get(first + index) ?? NaN) - at)
    },
    async rate(count) {
      const first = next
      next += count
      await begin()
      const startedAt = performance.now()
      await Promise.all([order({ kind: 'all', first, count, clients: CLIENTS }), allHandled(count)])
      return count / ((performance.now() - startedAt) / 1_000)
    },
  }
}

function start(message: Start): ChildProcess {
  const child = fork(join(import.meta.dirname, 'service.main.ts'), {
    execArgv: [],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  child.send(message)
  return child
}

/** The next thing that it tells. */
function heard(child: ChildProcess): Promise<readonly number[]> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error('a service of the bench ended'))
    child.once('exit', gone)
    child.once('message', (report: Report) => {
      child.off('exit', gone)
      if (report.type === 'failed') reject(new Error(report.message))
      else resolve(report.type === 'committed' ? report.committedAt : [])
    })
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.disconnect()
  await ended
}
