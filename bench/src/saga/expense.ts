import { SERVICE_NAMES, type ServiceName } from '@tikitu/schema/services'
import { cpuOf } from '../gateways/cpu.ts'
import { databaseOf, type Stage } from './stage.ts'

/** What a system has cost up to a moment. */
export interface Expense {
  readonly at: number
  /** Processor time of each process, in milliseconds. */
  readonly cpu: ReadonlyMap<string, number>
  /** Statements and transactions of each service's database. */
  readonly statements: ReadonlyMap<ServiceName, number>
  readonly commits: ReadonlyMap<ServiceName, number>
}

/** What it cost from one moment to another, all databases and all processes. */
export interface Spent {
  readonly seconds: number
  /** In milliseconds, by process. */
  readonly cpu: ReadonlyMap<string, number>
  readonly statements: ReadonlyMap<ServiceName, number>
  readonly commits: ReadonlyMap<ServiceName, number>
}

const COUNTS = `
  select d.datname as database, d.xact_commit::float8 as commits,
         (select coalesce(sum(calls), 0)::float8 from pg_stat_statements s where s.dbid = d.datid) as statements
    from pg_stat_database d where d.datname is not null`

/** Reads the meters. */
export async function expenseOf({ pids, asAdmin }: Stage): Promise<Expense> {
  const rows = await asAdmin<{ database: string; commits: number; statements: number }>(databaseOf('booking'), COUNTS)
  const by = (count: 'commits' | 'statements') =>
    new Map(
      SERVICE_NAMES.map((service) => [service, rows.find((row) => row.database === databaseOf(service))?.[count] ?? 0]),
    )
  return {
    at: performance.now(),
    cpu: new Map([...pids].map(([name, pid]) => [name, cpuOf([pid])])),
    statements: by('statements'),
    commits: by('commits'),
  }
}

/** The difference. */
export function spentBetween(before: Expense, after: Expense): Spent {
  const less = <Name>(all: ReadonlyMap<Name, number>, earlier: ReadonlyMap<Name, number>) =>
    new Map([...all].map(([name, count]) => [name, count - (earlier.get(name) ?? 0)]))
  return {
    seconds: (after.at - before.at) / 1_000,
    cpu: less(after.cpu, before.cpu),
    statements: less(after.statements, before.statements),
    commits: less(after.commits, before.commits),
  }
}

/** All of them together. */
export const total = (counts: ReadonlyMap<unknown, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0)

/** The statements of a service's database that were run most often since the meters were set back, by calls. */
export async function statementsOf({ asAdmin }: Stage, service: ServiceName, max: number) {
  return asAdmin<{ calls: number; milliseconds: number; query: string }>(
    databaseOf(service),
    `select calls::float8, total_exec_time as milliseconds, regexp_replace(query, '\\s+', ' ', 'g') as query
       from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database())
      order by calls desc limit $1`,
    [max],
  )
}

/** Sets the count of statements back. */
export async function forgetStatements({ asAdmin }: Stage): Promise<void> {
  await asAdmin(databaseOf('booking'), 'select pg_stat_statements_reset()')
}
