import type { Database } from '@tikitu/runtime/database'
import { createLog } from '@tikitu/runtime/log'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { SandboxProvider } from '../src/providers/provider.ts'
import { watched } from './providers.ts'

/** The process has died. Whatever it had committed, and whatever it had asked of others, stays. */
class PowerCut extends Error {
  constructor() {
    super('the process died')
  }
}

/**
 * A process that can be told to die before so many beats: transactions and statements of its own, and calls to the
 * provider. Nothing lasting happens between two beats, so every moment at which it can die is before one of them.
 */
export interface MortalProcess {
  /** The service's database, as the process reaches it. */
  readonly database: Database
  /** The provider, as the process reaches it. It lives on by itself. */
  readonly sandbox: SandboxProvider
  /** From now on it makes so many beats. */
  dieAfter(beats: number): void
  /** Starts it again. Answers whether it had died. */
  restart(): boolean
}

/** Starts a process over the database at `url` and a provider that it does not own. */
export function startMortal(url: string, provider: SandboxProvider): MortalProcess {
  let beatsLeft = Infinity
  const alive = () => {
    beatsLeft -= 1
    return beatsLeft >= 0
  }
  const pool = new MortalPool({ connectionString: url, max: 10 }, alive)
  return {
    database: { pool, orm: drizzle(pool), log: createLog('payment', 'silent'), close: () => pool.end() },
    sandbox: watched(provider, {
      before: () => {
        if (!alive()) throw new PowerCut()
      },
    }),
    dieAfter: (beats) => {
      beatsLeft = beats
    },
    restart: () => {
      const died = beatsLeft < 0
      beatsLeft = Infinity
      return died
    },
  }
}

type Connected = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void

/** Gives connections, for a transaction or a single statement, as long as its process lives. */
class MortalPool extends pg.Pool {
  readonly #alive: () => boolean

  constructor(config: pg.PoolConfig, alive: () => boolean) {
    super(config)
    this.#alive = alive
  }

  override connect(): Promise<pg.PoolClient>
  override connect(connected: Connected): void
  override connect(connected?: Connected): Promise<pg.PoolClient> | void {
    if (this.#alive()) return connected ? super.connect(connected) : super.connect()
    if (!connected) return Promise.reject(new PowerCut())
    connected(new PowerCut(), undefined, () => {})
  }
}
