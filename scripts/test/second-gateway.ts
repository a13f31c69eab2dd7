import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { DEMO_POOL_ID, WEB_CLIENT_ID } from '@tikitu/local/demo-accounts'
import type { SpawnedSystem } from '@tikitu/local/spawn-system'
import { inRepository } from '../src/repository.ts'
import { until } from '../src/wait.ts'

/** A gateway in a process of its own. */
export interface SecondGateway {
  /** `http://127.0.0.1:<port>` */
  readonly address: string
  stop(): Promise<void>
}

/** Starts another gateway over the services of a system, which was started with this IDENTITY_SECRET. */
export async function startSecondGateway(system: SpawnedSystem, identitySecret: string): Promise<SecondGateway> {
  const port = await freePort()
  const child = spawn(process.execPath, [inRepository('gateway/src/main.ts')], {
    env: {
      ...process.env,
      NODE_ENV: 'development',
      LOG_LEVEL: 'silent',
      IDENTITY_SECRET: identitySecret,
      PORT_BASE: String(system.portBase),
      PORT_GATEWAY: String(port),
      COGNITO_USER_POOL_ID: DEMO_POOL_ID,
      COGNITO_CLIENT_IDS: WEB_CLIENT_ID,
      COGNITO_JWKS_ORIGIN: `http://127.0.0.1:${system.portBase + 11}`,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const ended = once(child, 'exit')
  const address = `http://127.0.0.1:${port}`
  await until('the second gateway', async () => (await isReady(address)) || undefined)
  return {
    address,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function isReady(address: string): Promise<boolean> {
  try {
    return (await fetch(`${address}/readyz`)).ok
  } catch (error) {
    if (error instanceof TypeError) return false
    throw error
  }
}
