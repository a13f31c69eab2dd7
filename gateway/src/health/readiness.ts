import { timeoutSignal } from '@tikitu/runtime/timeout'
import { SERVICE_NAMES, type ServiceName } from '@tikitu/schema/services'
import type { FastifyInstance } from 'fastify'

/** How long a service may take to say that it is ready, in milliseconds. */
const READY_MILLISECONDS = 1_000

/** Whether a service answers its `/readyz` with 200, and how long that took. */
interface ServiceHealth {
  readonly status: 'ok' | 'unavailable'
  readonly milliseconds: number
}

/** `/livez`: the process answers. `/readyz`: so do all six services, and their databases. */
export function addHealth(app: FastifyInstance, serviceUrls: Readonly<Record<ServiceName, string>>): void {
  // Whoever asks while somebody else is waiting gets the same answer, so that asking often does no harm.
  let asking: Promise<Record<string, ServiceHealth>> | undefined

  app.get('/livez', { logLevel: 'warn', config: { shed: 'never' } }, () => ({ status: 'ok' }))
  app.get('/readyz', { logLevel: 'warn', config: { shed: 'never' } }, async (_request, reply) => {
    asking ??= askAll(serviceUrls).finally(() => (asking = undefined))
    const services = await asking
    const ready = Object.values(services).every(({ status }) => status === 'ok')
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'unavailable', services })
  })
}

async function askAll(serviceUrls: Readonly<Record<ServiceName, string>>): Promise<Record<string, ServiceHealth>> {
  const answers = await Promise.all(SERVICE_NAMES.map(async (name) => [name, await ask(serviceUrls[name])] as const))
  return Object.fromEntries(answers)
}

async function ask(url: string): Promise<ServiceHealth> {
  const started = performance.now()
  const status = await isReady(url).then((ready): ServiceHealth['status'] => (ready ? 'ok' : 'unavailable'))
  return { status, milliseconds: Math.round(performance.now() - started) }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, {
      signal: timeoutSignal(READY_MILLISECONDS),
      redirect: 'error',
    })
    await response.body?.cancel()
    return response.status === 200
  } catch {
    return false
  }
}
