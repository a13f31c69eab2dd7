import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const SOURCE = join(import.meta.dirname, '../../peers')

/** What installs them, and what `pnpm start` is documented with. */
const PNPM = 'pnpm@12.21.0'

/**
 * The directory with the peers installed, beneath `cache`. They are none of the workspace: they come when they are asked
 * for, in the versions of `bench/peers/pnpm-lock.yaml`, and a change of anything in that directory installs them anew.
 */
export async function installPeers(cache: string, say: (text: string) => void): Promise<string> {
  const files = readdirSync(SOURCE).filter((file) => file !== 'node_modules')
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(readFileSync(join(SOURCE, file)))
  const directory = join(cache, hash.digest('hex').slice(0, 12))
  if (existsSync(directory)) return directory

  say(`installing the peers in ${directory}, once`)
  const unfinished = `${directory}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  for (const file of files) cpSync(join(SOURCE, file), join(unfinished, file))
  await run('npx', ['-y', PNPM, 'install', '--frozen-lockfile'], unfinished)
  renameSync(unfinished, directory)
  return directory
}

function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    const hear = (chunk: Buffer) => (said += chunk.toString())
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${command} ${args.join(' ')} failed:\n${said}`))
    })
  })
}
