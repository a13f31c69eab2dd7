import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePortBase } from '@tikitu/local/ports'
import { startPostgres, type Postgres } from '@tikitu/local/postgres'
import { openDatabase, type Database } from '@tikitu/runtime/database'
import { createLog } from '@tikitu/runtime/log'
import { servicePort } from '@tikitu/schema/services'
import { ProviderProcess, SANDBOX_SECRETS } from './provider-process.ts'

/** What can be killed. `relay`: the process whose relay has events that it has not delivered at that moment. */
export const VICTIMS = ['payment', 'booking', 'relay', 'postgres'] as const

/** A moment at which one of them is killed. */
export interface Moment {
  readonly victim: (typeof VICTIMS)[number]
  /** So long after the last one is back. */
  readonly calmMilliseconds: number
  /** Whose relay is looked at first, and taken when none has anything to deliver. */
  readonly isBookingFirst: boolean
}

const SERVICES = ['booking', 'payment'] as const
/** A service that takes part in purchases. */
export type Seller = (typeof SERVICES)[number]

/** Secrets of a test's system; of no use anywhere else. */
export const SECRET = 'a secret that only this test signs identities with'

/** The ports that a system needs in a row. */
const PORTS = 20

/** Booking, payment and their provider as processes of their own, over a durable server of their own. */
export class Processes {
  readonly #directory = mkdtempSync(join(tmpdir(), 'tikitu-killed-sale-'))
  readonly #children = new Map<Seller, ChildProcess>()
  readonly #databases = new Map<Seller, Database>()
  #postgres: Postgres | undefined
  #provider: ProviderProcess | undefined
  #portBase = 0

  /** Starts it all. */
  async start(): Promise<void> {
    this.#portBase = await freePortBase(PORTS)
    this.#postgres = await this.#startPostgres(this.#portBase + 10)
    this.#provider = await ProviderProcess.start(this.#portBase, {
      dataDir: this.#directory,
      payment: () => this.origin('payment'),
      secret: SECRET,
    })
    const log = createLog('admin', 'silent')
    for (const service of SERVICES) {
      const url = this.#postgres.url(databaseOf(service))
      this.#databases.set(service, openDatabase({ url, connectionsMax: 4, log }))
    }
    await Promise.all(SERVICES.map((service) => this.#startService(service)))
  }

  /** Where a service listens. */
  origin(service: Seller): string {
    return `http://127.0.0.1:${servicePort(this.#portBase, service)}`
  }

  /** A service's database, from outside of its process. */
  database(service: Seller): Database {
    const database = this.#databases.get(service)
    if (!database) throw new Error('nothing runs yet')
    return database
  }

  /** What the provider says that it took and gave back. */
  charges(): ReturnType<ProviderProcess['charges']> {
    if (!this.#provider) throw new Error('nobody moves money yet')
    return this.#provider.charges()
  }

  /** Waits for the moment, kills its victim with SIGKILL and starts it again at once. Answers with what died. */
  async kill({ victim, calmMilliseconds, isBookingFirst }: Moment): Promise<string> {
    await pause(calmMilliseconds)
    if (victim === 'postgres') {
      await this.#killPostgres()
      return victim
    }
    const service = victim === 'relay' ? await this.#relaying(isBookingFirst) : victim
    await this.#killService(service)
    return victim === service ? victim : `${victim} of ${service}`
  }

  /** Stops everything and forgets it. */
  async stop(): Promise<void> {
    for (const child of this.#children.values()) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await this.#provider?.stop()
    for (const database of this.#databases.values()) await database.close()
    await this.#postgres?.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #startPostgres(port: number): Promise<Postgres> {
    const databases = SERVICES.map((service) => ({ name: databaseOf(service), owner: `tikitu_${service}` }))
    return startPostgres({ dataDir: join(this.#directory, 'postgres'), port, durable: true, databases })
  }

  async #startService(service: Seller): Promise<void> {
    const postgres = this.#postgres
    if (!postgres) throw new Error('the database does not run')
    const child = fork(join(import.meta.dirname, `../../services/${service}/src/main.ts`), {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {
        ...process.env,
        LOG_LEVEL: 'silent',
        ...SANDBOX_SECRETS,
        PORT_BASE: String(this.#portBase),
        [`DATABASE_URL_${service.toUpperCase()}`]: postgres.url(databaseOf(service)),
        RELAY_URL_BOOKING: postgres.relayUrl(databaseOf('booking')),
        RELAY_URL_PAYMENT: postgres.relayUrl(databaseOf('payment')),
        IDENTITY_SECRET: SECRET,
        TICKET_KEY_SECRET: SECRET,
      },
    })
    this.#children.set(service, child)
    const started = await Promise.race([once(child, 'message').then(() => true), once(child, 'exit').then(() => false)])
    // It needs its database at the start; the runner would start it again, and so do we.
    if (!started) await this.#startService(service)
  }

  async #killService(service: Seller): Promise<void> {
    const child = this.#children.get(service)
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await this.#startService(service)
  }

  async #killPostgres(): Promise<void> {
    const postgres = this.#postgres
    if (!postgres) throw new Error('the database does not run')
    const file = join(this.#directory, 'postgres/pgdata/postmaster.pid')
    process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGKILL')
    await postgres.ended
    this.#postgres = await this.#startPostgres(postgres.port)
  }

  /** A service that has published something and not delivered it yet; the first, when none does for a while. */
  async #relaying(isBookingFirst: boolean): Promise<Seller> {
    const inTurn = isBookingFirst ? SERVICES : SERVICES.toReversed()
    for (let look = 0; look < LOOKS_MAX; look++) {
      for (const service of inTurn) {
        const { rows } = await this.database(service)
          .pool.query('select from outbox where position is null limit 1')
          .catch(() => ({ rows: [] }))
        if (rows.length > 0) return service
      }
      await pause(1)
    }
    return inTurn[0] ?? 'payment'
  }
}

const LOOKS_MAX = 500

const databaseOf = (service: Seller) => `${service}_db`
