import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, cpSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** The uid and gid of `nobody` on Linux: what PostgreSQL runs as when the system was started by root. */
const NOBODY = 65_534

/** How PostgreSQL's programs are run on this machine, and where their files must lie for that to work. */
export interface Unprivileged {
  how: 'direct' | 'user-namespace' | 'nobody'
  /** Holds `bin`, `lib` and `share`, readable by whoever runs them. */
  native: string
  /** Holds the data directory and what belongs beside it. */
  home: string
  /** The command line that runs one of the programs as somebody PostgreSQL accepts. */
  command(program: string, args: readonly string[]): Command
  /** Gives a path, with everything below it, to whoever the programs run as. */
  handOver(path: string): void
}

/** A command for `child_process`. */
export interface Command {
  file: string
  args: string[]
  options: { uid?: number; gid?: number }
}

/**
 * PostgreSQL refuses to run as root, and as a user without an account. A user with one: run it as it is. Root, or no
 * account: in a user namespace that knows one unprivileged user and sees the files of the real one. Root where
 * namespaces are forbidden, as in most containers: as `nobody`, with binaries and data moved where `nobody` can reach
 * them. Throws if `home` is another user's.
 */
export function chooseUnprivileged(options: { native: string; home: string; userNamespaces: boolean }): Unprivileged {
  const uid = process.getuid?.() ?? 0
  const owner = statSync(options.home).uid
  if (uid !== 0 && owner !== uid) {
    throw new Error(
      `${options.home} belongs to another user (uid ${owner}). Start as that user, or set DATA_DIR to a directory of your own.`,
    )
  }
  if (uid !== 0 && hasAccount()) return direct(options)
  const namespaces = options.userNamespaces && succeeds('unshare', [...USER_NAMESPACE, 'true'])
  if (namespaces) return inUserNamespace({ ...options, uid })
  return uid === 0 ? asNobody(options) : direct(options)
}

const USER_NAMESPACE = ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`]

function hasAccount(): boolean {
  try {
    return userInfo().uid === process.getuid?.()
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_SYSTEM_ERROR') return false
    throw error
  }
}

function direct({ native, home }: { native: string; home: string }): Unprivileged {
  return {
    how: 'direct',
    native,
    home,
    command: (program, args) => commandOf([...diesWithParent(), join(native, 'bin', program), ...args]),
    handOver: () => {},
  }
}

function inUserNamespace({ native, home, uid }: { native: string; home: string; uid: number }): Unprivileged {
  return {
    how: 'user-namespace',
    native,
    home,
    command: (program, args) =>
      commandOf(['unshare', ...USER_NAMESPACE, ...diesWithParent(), join(native, 'bin', program), ...args]),
    // Inside the namespace our own files are the unprivileged user's.
    handOver: (path) => changeOwner(path, uid),
  }
}

function asNobody(options: { native: string; home: string }): Unprivileged {
  const native = readableByNobody(options.native)
  const home = enterableByNobody(options.home)
  return {
    how: 'nobody',
    native,
    home,
    command: (program, args) => ({
      ...commandOf([...diesWithParent(), join(native, 'bin', program), ...args]),
      options: { uid: NOBODY, gid: NOBODY },
    }),
    handOver: (path) => changeOwner(path, NOBODY),
  }
}

/** Linux tells the server to stop as soon as the process that started it is gone, however that ended. */
function diesWithParent(): string[] {
  return succeeds('setpriv', ['--pdeathsig', 'INT', 'true']) ? ['setpriv', '--pdeathsig', 'INT'] : []
}

function commandOf([file = '', ...args]: string[]): Command {
  return { file, args, options: {} }
}

function succeeds(file: string, args: string[], options: { uid?: number; gid?: number } = {}): boolean {
  return spawnSync(file, args, { ...options, cwd: '/', stdio: 'ignore' }).status === 0
}

function changeOwner(path: string, id: number): void {
  if (statSync(path).uid === id) return
  const { status, stderr } = spawnSync('chown', ['-R', `${id}:${id}`, path], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`Cannot give ${path} to uid ${id}: ${stderr}`)
}

function readableByNobody(native: string): string {
  if (succeeds(join(native, 'bin', 'postgres'), ['--version'], { uid: NOBODY, gid: NOBODY })) return native
  const version = basename(dirname(dirname(dirname(dirname(native)))))
  const staged = join(ownDirectory(`tikitu-postgres-${version}`), 'native')
  if (existsSync(staged)) return staged
  const part = `${staged}.${process.pid}`
  cpSync(native, part, { recursive: true, verbatimSymlinks: true })
  try {
    renameSync(part, staged)
  } catch (error) {
    rmSync(part, { recursive: true, force: true })
    // Another start staged the same files a moment earlier.
    if (!existsSync(staged)) throw error
  }
  return staged
}

function enterableByNobody(home: string): string {
  chmodSync(home, 0o711)
  if (succeeds('test', ['-x', home], { uid: NOBODY, gid: NOBODY })) return home
  return ownDirectory(`tikitu-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`)
}

/** A directory of root's that everybody can pass through. Its name can be guessed, so one that somebody else made is refused. */
function ownDirectory(name: string): string {
  const path = join('/var/tmp', name)
  try {
    mkdirSync(path, { mode: 0o711 })
    chownSync(path, 0, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const found = lstatSync(path)
  if (!found.isDirectory() || found.uid !== 0 || (found.mode & 0o022) !== 0) {
    throw new Error(`${path} was made by somebody else. Remove it, then start again.`)
  }
  return path
}
