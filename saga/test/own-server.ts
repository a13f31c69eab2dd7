import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { startPostgres, type Postgres } from '@tikitu/local/postgres'
import { openDatabase } from '@tikitu/runtime/database'
import { createLog } from '@tikitu/runtime/log'
import { waitFor, type TestDatabase } from '@tikitu/runtime/testing'
import pg from 'pg'
import { afterAll } from 'vitest'
import type { Node } from './node.ts'

/** What of a server's directory is no part of a backup: the running process's own, caches, and the log, which is archived. */
const NOT_BACKED_UP =
  /(^postmaster\.(pid|opts)|pg_internal\.init(\.\d+)?)$|^(pg_wal|pg_replslot|pg_stat_tmp)\/|pgsql_tmp/

/** A PostgreSQL server of one service's own, whose log is archived: it can break down, and go back to an earlier moment. */
export class OwnServer {
  readonly made: TestDatabase
  readonly #directory: string
  readonly #name: string
  readonly #closers: (() => Promise<unknown>)[] = []
  #postgres: Postgres

  /** Starts it with an empty database; both are gone after the file's last test. */
  static async start(service: 'booking' | 'payment'): Promise<OwnServer> {
    const directory = await mkdtemp(join(tmpdir(), `tikitu-${service}-server-`))
    const server = new OwnServer(directory, service, await startIn(directory, service, 0))
    await server.#archive()
    return server
  }

  private constructor(directory: string, service: 'booking' | 'payment', postgres: Postgres) {
    this.#directory = directory
    this.#name = service
    this.#postgres = postgres
    const url = postgres.url(`${service}_db`)
    const database = openDatabase({ url, log: createLog(service, 'silent') })
    this.#closers.push(
      () => rm(directory, { recursive: true, force: true }),
      () => this.#postgres.stop(),
      () => database.close(),
    )
    const beforeDrop = (close: () => Promise<unknown>) => void this.#closers.push(close)
    this.made = { url, relayUrl: postgres.relayUrl(`${service}_db`), database, beforeDrop }
    afterAll(async () => {
      for (const close of this.#closers.toReversed()) await close()
    })
  }

  /** Kills the server, or has it shut down at once, and starts it again. */
  async restart(how: 'SIGKILL' | 'SIGINT'): Promise<void> {
    if (how === 'SIGINT') await this.#postgres.stop()
    else {
      const pid = Number((await readFile(join(this.#data, 'postmaster.pid'), 'utf8')).split('\n')[0])
      process.kill(pid, 'SIGKILL')
      await this.#postgres.ended
    }
    this.#postgres = await startIn(this.#directory, this.#name, this.#postgres.port)
  }

  /** Copies the running server's files, as a nightly backup does; nobody is kept waiting. */
  async backUp(): Promise<void> {
    await this.#asAdmin(async (admin) => {
      await admin.query(`select pg_backup_start('nightly', fast => true)`)
      await cp(this.#data, this.#copy, {
        recursive: true,
        filter: (path) => !NOT_BACKED_UP.test(relative(this.#data, path)),
      })
      const { rows } = await admin.query<{ labelfile: string }>('select labelfile from pg_backup_stop()')
      await writeFile(join(this.#copy, 'backup_label'), rows[0]?.labelfile ?? '')
    })
  }

  /** This moment, by the server's clock, as `restore` takes it. */
  async now(): Promise<string> {
    const { rows } = await this.made.database.pool.query<{ now: string }>('select clock_timestamp()::text as now')
    return rows[0]?.now ?? ''
  }

  /** Puts the backup in place of what there is, and replays the archived log up to a moment: what was committed later is gone. */
  async restore(node: Node, moment: string): Promise<void> {
    await this.#asAdmin(async (admin) => {
      const { rows } = await admin.query<{ file: string }>(`select pg_walfile_name(pg_switch_wal()) as file`)
      await waitFor('the log to be archived', async () => {
        const { rows: archived } = await admin.query('select from pg_stat_archiver where last_archived_wal >= $1', [
          rows[0]?.file,
        ])
        return archived.length === 1
      })
    })
    await node.stop()
    await this.#postgres.stop()
    await rm(this.#data, { recursive: true })
    await rename(this.#copy, this.#data)
    await writeFile(
      join(this.#data, 'postgresql.auto.conf'),
      [
        `archive_mode = off`,
        `restore_command = 'cp "${this.#archived}/%f" "%p"'`,
        `recovery_target_time = '${moment}'`,
        `recovery_target_action = promote`,
      ].join('\n'),
    )
    await writeFile(join(this.#data, 'recovery.signal'), '')
    this.#postgres = await startIn(this.#directory, this.#name, this.#postgres.port)
    await node.start()
  }

  async #archive(): Promise<void> {
    await mkdir(this.#archived, { mode: 0o777 })
    await this.#asAdmin(async (admin) => {
      await admin.query('alter system set archive_mode = on')
      await admin.query(`alter system set archive_command = 'cp "%p" "${this.#archived}/%f"'`)
    })
    await this.restart('SIGINT')
  }

  async #asAdmin(use: (admin: pg.Client) => Promise<void>): Promise<void> {
    const admin = new pg.Client({ connectionString: this.#postgres.adminUrl() })
    await admin.connect()
    try {
      await use(admin)
    } finally {
      await admin.end()
    }
  }

  get #data(): string {
    return join(this.#directory, 'pgdata')
  }

  get #copy(): string {
    return join(this.#directory, 'nightly')
  }

  get #archived(): string {
    return join(this.#directory, 'archive')
  }
}

function startIn(dataDir: string, service: string, port: number): Promise<Postgres> {
  const databases = [{ name: `${service}_db`, owner: `tikitu_${service}` }]
  return startPostgres({ dataDir, port, durable: true, databases })
}
