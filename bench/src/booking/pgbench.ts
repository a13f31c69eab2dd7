import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** Where Debian puts it, by version. */
const DEBIAN = '/usr/lib/postgresql'

/** How to get it. */
export const HOW_TO_GET_PGBENCH =
  'pgbench is not on this machine, so there is nothing to compare with, and those ratios are left out. ' +
  "It is in Debian's package postgresql-contrib: apt-get install postgresql-contrib"

/** The newest pgbench of this machine; undefined when there is none. */
export function findPgbench({ debian = DEBIAN, path = process.env['PATH'] ?? '' } = {}): string | undefined {
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((one, other) => Number(other) - Number(one)) : []
  const places = [...versions.map((version) => join(debian, version, 'bin')), ...path.split(delimiter).filter(Boolean)]
  return places.map((place) => join(place, 'pgbench')).find((file) => existsSync(file))
}

/** What pgbench is to do. */
export interface PgbenchRun {
  readonly program: string
  readonly url: string
  /** In pgbench's language; one transaction. */
  readonly script: string
  readonly clients: number
  readonly seconds: number
  /** For its files. */
  readonly directory: string
}

/** What came of it. */
export interface PgbenchResult {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  /** Milliseconds. */
  readonly p99: number
}

/** Runs it with prepared statements. Throws when a transaction failed. */
export async function runPgbench({
  program,
  url,
  script,
  clients,
  seconds,
  directory,
}: PgbenchRun): Promise<PgbenchResult> {
  const file = join(directory, 'pgbench.sql')
  const prefix = join(directory, 'pgbench_log')
  writeFileSync(file, script)
  const { hostname, port, username, password, pathname } = new URL(url)
  const args = [
    ['--no-vacuum', '--protocol=prepared', '--define=n=0', '--log', `--log-prefix=${prefix}`],
    [`--file=${file}`, `--client=${clients}`, '--jobs=1', `--time=${seconds}`],
    [`--host=${hostname}`, `--port=${port}`, `--username=${username}`, pathname.slice(1)],
  ].flat()
  const { stdout, stderr } = await promisify(execFile)(program, args, {
    env: { ...process.env, PGPASSWORD: decodeURIComponent(password) },
  })
  const perSecond = Number(/tps = ([\d.]+)/.exec(stdout)?.[1] ?? NaN)
  if (!Number.isFinite(perSecond) || /aborted/.test(stderr)) throw new Error(`pgbench failed: ${stdout}${stderr}`)
  return { perSecond, ...latenciesIn(directory, 'pgbench_log') }
}

/** A line of the log is: client, number, microseconds, … */
function latenciesIn(directory: string, prefix: string): { p50: number; p99: number } {
  const files = readdirSync(directory).filter((name) => name.startsWith(prefix))
  const microseconds = files.flatMap((name) => {
    const path = join(directory, name)
    const lines = readFileSync(path, 'utf8').trim().split('\n')
    rmSync(path)
    return lines.map((line) => Number(line.split(' ')[2]))
  })
  const sorted = Float64Array.from(microseconds).toSorted()
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? NaN) / 1000
  return { p50: at(0.5), p99: at(0.99) }
}
