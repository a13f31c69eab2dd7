import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** What a process holds after all garbage is collected. */
export interface Holdings {
  /** Objects and buffers. */
  readonly heapBytes: number
  readonly rssBytes: number
  /** Sockets, timers and the like that keep it from ending. */
  readonly resources: number
}

/** A gateway in a process of its own, as it runs anywhere. */
export interface GatewayProcess {
  readonly port: number
  /** What it logged, line by line. */
  readonly lines: readonly string[]
  /** How it ended; undefined while it runs. */
  ended(): string | undefined
  holdings(): Promise<Holdings>
  stop(): Promise<void>
}

const holdings = z.object({ heapBytes: z.number(), rssBytes: z.number(), resources: z.number() })

/** Starts a gateway and waits until it listens. `env` is all that it is told. */
export async function startGatewayProcess(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const port = await freePort()
  const child = fork(fileURLToPath(new URL('../../src/main.ts', import.meta.url)), {
    env: { PATH: process.env['PATH'], ...env, PORT_GATEWAY: String(port) },
    execArgv: ['--expose-gc', '--import', new URL('memory-probe.ts', import.meta.url).href],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => lines.push(...text.split('\n').filter(Boolean)))
  }
  let ended: string | undefined
  child.once('exit', (code, signal) => (ended = `code ${code}, signal ${signal}`))
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`the gateway did not start:\n${lines.join('\n')}`))),
  ])
  return {
    port,
    lines,
    ended: () => ended,
    holdings: async () => {
      const answer = once(child, 'message')
      child.send('memory')
      return holdings.parse((await answer)[0])
    },
    stop: async () => {
      if (ended !== undefined) return
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
