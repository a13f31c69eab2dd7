import { execFile } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Unprivileged } from './unprivileged.ts'

/**
 * Makes a new data directory, or none: it is built beside its place and renamed at the end, so that a power failure in
 * the middle leaves nothing that looks like a database.
 */
export async function initialise(
  dataDirectory: string,
  { unprivileged, password, durable }: { unprivileged: Unprivileged; password: string; durable: boolean },
): Promise<void> {
  const part = `${dataDirectory}.init`
  const passwordFile = `${dataDirectory}.password`
  rmSync(part, { recursive: true, force: true })
  mkdirSync(part, { mode: 0o700 })
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  unprivileged.handOver(part)
  unprivileged.handOver(passwordFile)
  try {
    const { file, args, options } = unprivileged.command(
      'initdb',
      [
        ['--pgdata', part],
        ['--username', 'postgres'],
        ['--pwfile', passwordFile],
        ['--auth', 'scram-sha-256'],
        ['--encoding', 'UTF8'],
        // The builtin provider sorts the same on every machine, whatever its C library.
        ['--locale-provider', 'builtin', '--locale', 'C.UTF-8'],
        ['--set', 'timezone=UTC', '--set', 'log_timezone=UTC'],
        durable ? [] : ['--no-sync'],
        ['--no-instructions'],
      ].flat(),
    )
    await promisify(execFile)(file, args, { ...options, env: serverEnvironment() })
  } catch (error) {
    throw new Error(`initdb failed: ${(error as { stderr?: string }).stderr ?? ''}`, { cause: error })
  } finally {
    rmSync(passwordFile, { force: true })
  }
  renameSync(part, dataDirectory)
}

/** What PostgreSQL's programs get to see of our environment: nothing but where programs lie, and English messages. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' }
}
