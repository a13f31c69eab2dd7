import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** How long a process may take until it answers, in milliseconds. */
const READY_MILLISECONDS = 60_000

/** Lines of a log that tell what went wrong at its end. */
const LAST_LINES = 20

/** A process of Node to run. */
export interface Program {
  /** Names its log. */
  readonly name: string
  /** The module, its arguments before and after. */
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Where it answers when it is ready. */
  readonly port: number
  /** A request that it answers with 200 when it is ready. */
  readonly isReady: (origin: string) => Promise<Response>
}

/** One that runs. */
export interface Running {
  readonly name: string
  readonly pid: number
  readonly port: number
  /** Tells it something and waits until it tells `answer`. */
  ask(message: object, answer: string): Promise<void>
  /** The last lines that it has logged. */
  lastWords(): string
  /** Ends it as Ctrl-C would, and waits for that. */
  stop(): Promise<void>
}

/** Starts a process and waits until it answers. Throws with what it said when it does not. */
export async function startProgram(program: Program, logs: string): Promise<Running> {
  const log = join(logs, `${program.name}.log`)
  const output = openSync(log, 'w')
  const child = spawn(process.execPath, [...program.args], {
    cwd: program.cwd,
    env: { ...process.env, ...program.env },
    // The channel ends it should we be gone.
    stdio: ['ignore', output, output, 'ipc'],
  })
  const running = {
    name: program.name,
    pid: child.pid ?? 0,
    port: program.port,
    ask: (message: object, answer: string) => ask(child, message, answer),
    lastWords: () => readFileSync(log, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n'),
    stop: () => stop(child),
  }
  try {
    await answers(program, child)
    return running
  } catch (error) {
    await stop(child)
    throw new Error(`${program.name} did not start:\n${readFileSync(log, 'utf8')}`, { cause: error })
  }
}

async function answers({ port, isReady }: Program, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + READY_MILLISECONDS
  let last: unknown
  while (performance.now() < deadline) {
    if (hasEnded(child)) throw new Error('it ended')
    try {
      const response = await isReady(`http://127.0.0.1:${port}`)
      last = `${response.status}: ${await response.text()}`
      if (response.status === 200) return
    } catch (error) {
      last = error
    }
    await delay(100)
  }
  throw new Error(`it did not answer in time; last: ${String(last)}`)
}

function ask(child: ChildProcess, message: object, answer: string): Promise<void> {
  return new Promise((done) => {
    const hear = (said: unknown) => {
      if (said !== answer) return
      child.off('message', hear)
      done()
    }
    child.on('message', hear)
    child.send(message)
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(timer)
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
