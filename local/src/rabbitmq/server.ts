import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../ports.ts'
import { waitUntil } from '../wait.ts'

/** The broker itself. What Debian has in the PATH is a wrapper that insists on its own user, directories and cookie. */
const PROGRAMS = ['/usr/lib/rabbitmq/bin/rabbitmq-server', '/usr/local/sbin/rabbitmq-server']

/** Says how to get RabbitMQ, where something needs it and it is not there. */
export const HOW_TO_GET_RABBITMQ = 'RabbitMQ is not installed: apt-get install --no-install-recommends rabbitmq-server'

const START_MILLISECONDS = 60_000
const STOP_MILLISECONDS = 20_000

/** A broker of our own: its own node, directory, cookie and ports, all on 127.0.0.1. */
export interface Rabbitmq {
  /** Where clients connect, as a user who may do everything. Stays the same over a restart. */
  readonly url: string
  /** Resolves when the broker lets clients in. Rejects when it ended instead. */
  ready(): Promise<void>
  /**
   * Stops the broker (`SIGKILL`: as a power cut would) and starts it again with what it has on its disk. RabbitMQ 3.10
   * that is killed within the first seconds of a quorum queue has forgotten to whom its log belongs.
   */
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Stops the broker; resolves when it is gone. */
  stop(): Promise<void>
}

/** Whether RabbitMQ can be started on this machine. */
export function rabbitmqIsInstalled(): boolean {
  return programOf() !== undefined
}

function programOf(): string | undefined {
  return PROGRAMS.find((path) => existsSync(path))
}

/**
 * Starts a RabbitMQ that keeps everything below `directory`, as root or not. Does not touch a broker that the machine
 * has already. Resolves at once: `ready` waits. Throws when RabbitMQ is not installed.
 */
export async function startRabbitmq(directory: string): Promise<Rabbitmq> {
  const program = programOf()
  if (!program) throw new Error(HOW_TO_GET_RABBITMQ)
  const [port, distribution, epmd] = await Promise.all([freePort(), freePort(), freePort()])
  const place = { program, directory, port, distribution, epmd }
  await prepare(place)
  const registry = launchRegistry(epmd)
  let node = launch(place)

  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    ready: () => node.ready,
    async restart(signal) {
      await end(node.child, signal)
      node = launch(place)
      await node.ready
    },
    async stop() {
      await end(node.child, 'SIGTERM')
      await end(registry, 'SIGKILL')
    },
  }
}

interface Place {
  readonly program: string
  readonly directory: string
  readonly port: number
  readonly distribution: number
  readonly epmd: number
}

/** The old format of the configuration, because the tool that reads the new one takes longer than the broker. */
async function prepare({ directory, port }: Place): Promise<void> {
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'rabbitmq.config'), `[{rabbit, [{tcp_listeners, [{"127.0.0.1", ${port}}]}]}].\n`)
  await writeFile(join(directory, 'enabled_plugins'), '[].\n')
  const cookie = join(directory, '.erlang.cookie')
  if (existsSync(cookie)) return
  await writeFile(cookie, randomBytes(20).toString('hex'))
  await chmod(cookie, 0o400)
}

/** Erlang's own name server, which a node would start for itself and leave behind. */
function launchRegistry(port: number): ChildProcess {
  const [file, ...args] = diesWithParent('epmd', '-port', String(port), '-address', '127.0.0.1')
  const registry = spawn(file, args, { detached: true, stdio: 'ignore' })
  // A broker without it says so itself.
  registry.on('error', () => undefined)
  return registry
}

interface Node {
  readonly child: ChildProcess
  readonly ready: Promise<void>
}

function launch({ program, directory, port, distribution, epmd }: Place): Node {
  const [file, ...args] = diesWithParent(program)
  const child = spawn(file, args, {
    // A terminal's Ctrl-C must reach whoever started it first.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      // Where Erlang keeps its cookie.
      HOME: directory,
      ERL_EPMD_PORT: String(epmd),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      // The script becomes the broker, instead of its parent.
      RUNNING_UNDER_SYSTEMD: 'true',
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq'),
      RABBITMQ_ADVANCED_CONFIG_FILE: join(directory, 'advanced.config'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'enabled_plugins'),
      RABBITMQ_MNESIA_BASE: join(directory, 'data'),
      RABBITMQ_LOG_BASE: join(directory, 'log'),
      RABBITMQ_LOGS: '-',
      RABBITMQ_NODENAME: `tikitu-${port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(distribution),
      // Distribution on 127.0.0.1 alone, and no spinning while there is nothing to do.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
        '-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none',
    },
  })
  const ready = becomesReady(child)
  // Whoever needs the broker asks for `ready`; nobody may.
  ready.catch(() => undefined)
  return { child, ready }
}

function becomesReady(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const lastLines: string[] = []
  const fail = (what: string) => reject(new Error(`RabbitMQ ${what}:\n${lastLines.join('\n')}`))
  const timer = setTimeout(() => fail(`did not start within ${START_MILLISECONDS} ms`), START_MILLISECONDS)
  child.once('error', reject)
  child.once('exit', (code, signal) => fail(`ended with ${signal ?? `code ${code}`}`))
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue
    createInterface({ input: stream }).on('line', (line) => {
      lastLines.push(line)
      if (lastLines.length > 20) lastLines.shift()
      if (line.includes('Server startup complete')) resolve()
    })
  }
  return promise.finally(() => clearTimeout(timer))
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const isGone = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined
  if (isGone()) return
  child.kill(signal)
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS)
  await waitUntil(isGone, { what: `${child.spawnfile} does not stop`, timeoutMs: STOP_MILLISECONDS + 5_000 })
  clearTimeout(patience)
}

/** The command, which Linux ends as soon as the process that started it is gone, however that ended. */
function diesWithParent(program: string, ...args: string[]): [string, ...string[]] {
  const works = spawnSync(LEASH, [...LEASH_ARGS, 'true'], { stdio: 'ignore' }).status === 0
  return works ? [LEASH, ...LEASH_ARGS, program, ...args] : [program, ...args]
}

/** Where it is not installed, what is left behind by a kill has to be ended by hand. */
const LEASH = 'setpriv'
const LEASH_ARGS = ['--pdeathsig', 'KILL']
