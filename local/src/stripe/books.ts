import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { Kinds } from './objects.ts'

/** Which page of a list, newest first. */
export interface Page {
  /** Of one payment intent only; of intents, those of one payment. */
  readonly parent?: string | undefined
  /** Unix seconds. */
  readonly created?: Partial<Record<'gte' | 'gt' | 'lte' | 'lt', number | undefined>> | undefined
  readonly limit: number
  readonly startingAfter?: string | undefined
}

/** The answer that was given under an idempotency key. */
export interface Remembered {
  /** What was asked. */
  readonly fingerprint: string
  readonly status: number
  readonly body: string
}

/** Something to be done at a time, in milliseconds. */
export interface Due {
  readonly seq: number
  readonly what: string
  readonly id: string
  readonly attempts: number
}

/** How long answers are remembered under their keys, in seconds. */
const KEY_SECONDS = 24 * 3_600

/**
 * The books of the sandbox, in a file of their own, so that they are lost neither with this process nor with our
 * databases: what a provider has done stays done. Every call is a statement of SQLite, which returns when it is written.
 */
export class Books {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /** `:memory:` keeps them in memory. */
  constructor(file: string) {
    this.#database = new DatabaseSync(file)
    // Written to the file with every commit, though not through to the disk: a killed process loses nothing.
    this.#database.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 5000')
    this.#database.exec(TABLES)
  }

  /** All of it is done or none, also when the process is killed in between. */
  atomically<T>(work: () => T): T {
    this.#database.exec('begin immediate')
    try {
      const result = work()
      this.#database.exec('commit')
      return result
    } catch (error) {
      this.#database.exec('rollback')
      throw error
    }
  }

  /** Writes down an object, new or changed. `parent` is the payment intent that it is about; of an intent, its payment. */
  put<Kind extends keyof Kinds>(kind: Kind, object: Kinds[Kind], parent: string | null = null): void {
    this.#run(
      `insert into objects (id, kind, parent, created, body) values (?, ?, ?, ?, ?)
       on conflict (id) do update set body = excluded.body`,
      object.id,
      kind,
      parent,
      object.created,
      JSON.stringify(object),
    )
  }

  /** The object of this id. */
  get<Kind extends keyof Kinds>(kind: Kind, id: string): Kinds[Kind] | undefined {
    const [row] = this.#all('select body from objects where id = ? and kind = ?', id, kind)
    return row && (JSON.parse(String(row['body'])) as Kinds[Kind])
  }

  /** A page of the objects of a kind, newest first, and whether there are more. */
  list<Kind extends keyof Kinds>(kind: Kind, page: Page): { data: Kinds[Kind][]; has_more: boolean } {
    const { gte = 0, gt = -1, lte = LAST, lt = LAST } = page.created ?? {}
    const rows = this.#all(
      `select body from objects where kind = ? and (? is null or parent = ?)
         and created >= ? and created > ? and created <= ? and created < ?
         and seq < coalesce((select seq from objects where id = ?), ${LAST})
       order by seq desc limit ?`,
      kind,
      page.parent ?? null,
      page.parent ?? null,
      gte,
      gt,
      lte,
      lt,
      page.startingAfter ?? null,
      page.limit + 1,
    )
    const data = rows.slice(0, page.limit).map((row) => JSON.parse(String(row['body'])) as Kinds[Kind])
    return { data, has_more: rows.length > page.limit }
  }

  /** What only the sandbox knows about an object. */
  note(id: string, name: string): string | undefined {
    const [row] = this.#all('select value from notes where id = ? and name = ?', id, name)
    return row && String(row['value'])
  }

  /** Remembers what only the sandbox knows about an object. */
  setNote(id: string, name: string, value: string): void {
    this.#run(
      'insert into notes (id, name, value) values (?, ?, ?) on conflict do update set value = excluded.value',
      id,
      name,
      value,
    )
  }

  /** What was answered under an idempotency key. */
  remembered(key: string): Remembered | undefined {
    const [row] = this.#all('select fingerprint, status, body from keys where key = ?', key)
    return row && { fingerprint: String(row['fingerprint']), status: Number(row['status']), body: String(row['body']) }
  }

  /** Remembers what was answered under an idempotency key. */
  remember(key: string, { fingerprint, status, body }: Remembered, atSeconds: number): void {
    this.#run('insert into keys values (?, ?, ?, ?, ?)', key, fingerprint, status, body, atSeconds)
  }

  /** Forgets the keys of yesterday. */
  forgetKeys(atSeconds: number): void {
    this.#run('delete from keys where at < ?', atSeconds - KEY_SECONDS)
  }

  /** Plans something about an object; it is planned until `done`, however often the process is started again. */
  plan(what: string, id: string, atMilliseconds: number): void {
    this.#run('insert into agenda (what, id, due, attempts) values (?, ?, ?, 0)', what, id, atMilliseconds)
  }

  /** What is due by now, the longest due first, but for these. */
  due(atMilliseconds: number, limit: number, without: ReadonlySet<number>): Due[] {
    return this.#all(
      'select seq, what, id, attempts from agenda where due <= ? order by due, seq limit ?',
      atMilliseconds,
      limit + without.size,
    )
      .map(dueOf)
      .filter(({ seq }) => !without.has(seq))
      .slice(0, limit)
  }

  /** What is planned about an object. */
  planned(what: string, id: string): Due[] {
    return this.#all('select seq, what, id, attempts from agenda where what = ? and id = ?', what, id).map(dueOf)
  }

  /** When the next thing is due, in milliseconds; undefined when nothing is planned. */
  nextDue(): number | undefined {
    const [row] = this.#all('select min(due) as due from agenda')
    return row?.['due'] == null ? undefined : Number(row['due'])
  }

  /** It has been done. */
  done(seq: number): void {
    this.#run('delete from agenda where seq = ?', seq)
  }

  /** It has failed once more, and is tried again then. */
  putOff(seq: number, atMilliseconds: number): void {
    this.#run('update agenda set attempts = attempts + 1, due = ? where seq = ?', atMilliseconds, seq)
  }

  close(): void {
    this.#database.close()
  }

  #run(text: string, ...values: SQLInputValue[]): void {
    this.#statement(text).run(...values)
  }

  #all(text: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    return this.#statement(text).all(...values)
  }

  #statement(text: string): StatementSync {
    const known = this.#statements.get(text)
    if (known) return known
    const made = this.#database.prepare(text)
    this.#statements.set(text, made)
    return made
  }
}

function dueOf(row: Record<string, unknown>): Due {
  return {
    seq: Number(row['seq']),
    what: String(row['what']),
    id: String(row['id']),
    attempts: Number(row['attempts']),
  }
}

/** Later than anything. */
const LAST = Number.MAX_SAFE_INTEGER

const TABLES = `
  create table if not exists objects (
    seq integer primary key autoincrement, id text not null unique, kind text not null, parent text,
    created integer not null, body text not null
  );
  create index if not exists objects_by_kind on objects (kind, seq);
  create index if not exists objects_by_parent on objects (parent, kind, seq);
  create table if not exists notes (id text, name text, value text not null, primary key (id, name)) without rowid;
  create table if not exists keys (
    key text primary key, fingerprint text not null, status integer not null, body text not null, at integer not null
  ) without rowid;
  create table if not exists agenda (
    seq integer primary key autoincrement, what text not null, id text not null, due integer not null,
    attempts integer not null
  );
  create index if not exists agenda_by_due on agenda (due, seq);`
