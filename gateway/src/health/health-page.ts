import { IDENTITY_HEADER, serviceIdentity, signIdentity } from '@tikitu/runtime/identity'
import { timeoutSignal } from '@tikitu/runtime/timeout'
import { HEALTH_PATH, serviceHealth, type ServiceHealth } from '@tikitu/schema/health'
import { SERVICE_NAMES } from '@tikitu/schema/services'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../config.ts'
import type { Authenticate } from '../identity/authenticate.ts'

/** How long a service may take to say how it is, in milliseconds. */
const HEALTH_MILLISECONDS = 1_000

/** Events that have waited longer are late, in seconds. */
const LATE_SECONDS = 60

/** How a service is, as far as the gateway can tell. What it says itself is for admins and developers. */
interface Row {
  readonly service: string
  readonly status: 'ok' | 'late' | 'unavailable'
  /** How long it took to answer. */
  readonly milliseconds: number
  readonly details?: ServiceHealth | undefined
}

/**
 * `/health`: all services on one page for people, as JSON for programs. Everybody sees who answers and how fast; version,
 * database and event lag are for admins, and for everybody outside of production.
 */
export function addHealthPage(app: FastifyInstance, config: GatewayConfig, authenticate: Authenticate): void {
  // Whoever asks while somebody else is waiting gets the same answer, so that asking often does no harm.
  let asking: Promise<readonly Row[]> | undefined
  const contentSecurityPolicy = {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'unsafe-inline'"],
      imgSrc: ['data:'],
      frameAncestors: ["'none'"],
    },
  }
  const options = { logLevel: 'warn' as const, config: { shed: 'never' as const }, helmet: { contentSecurityPolicy } }

  app.get('/health', options, async (request, reply) => {
    const identity = await authenticate(request)
    const seesDetails = config.environment !== 'production' || identity.adminRole !== null
    asking ??= Promise.all(SERVICE_NAMES.map((service) => ask(service, config, request.id))).finally(
      () => (asking = undefined),
    )
    const rows = await asking
    const shown = seesDetails ? rows : rows.map(asStrangersSee)
    const status = rows.every((row) => row.status !== 'unavailable') ? 'ok' : 'unavailable'
    void reply.code(status === 'ok' ? 200 : 503).headers({ 'cache-control': 'no-store', vary: 'accept, authorization' })
    return readsPages(request)
      ? reply.type('text/html; charset=utf-8').send(pageOf(shown))
      : reply.send({ status, services: Object.fromEntries(shown.map(({ service, ...row }) => [service, row])) })
  })
}

const asStrangersSee = ({ service, status, milliseconds }: Row): Row => ({
  service,
  status: status === 'late' ? 'ok' : status,
  milliseconds,
})

const readsPages = ({ headers }: FastifyRequest) => headers.accept?.includes('text/html') ?? false

async function ask(service: (typeof SERVICE_NAMES)[number], config: GatewayConfig, requestId: string): Promise<Row> {
  const started = performance.now()
  const details = await read(`${config.serviceUrls[service]}${HEALTH_PATH}`, config.identitySecret, requestId)
  const milliseconds = Math.round(performance.now() - started)
  return { service, status: details ? statusOf(details) : 'unavailable', milliseconds, details }
}

async function read(url: string, secret: string, requestId: string): Promise<ServiceHealth | undefined> {
  try {
    const response = await fetch(url, {
      headers: {
        [IDENTITY_HEADER]: signIdentity(serviceIdentity('gateway', requestId), secret),
        'x-request-id': requestId,
      },
      signal: timeoutSignal(HEALTH_MILLISECONDS),
      redirect: 'error',
    })
    if (response.ok) return serviceHealth.parse(await response.json())
    await response.body?.cancel()
    return undefined
  } catch {
    // Whatever is wrong with it, it is not well.
    return undefined
  }
}

function statusOf({ events }: ServiceHealth): Row['status'] {
  const oldest = Math.max(events.unpublished.oldestSeconds, events.unhandled.oldestSeconds)
  return oldest > LATE_SECONDS || events.dead > 0 || events.failing > 0 ? 'late' : 'ok'
}

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 4rem auto; padding: 0 1rem; color: #1d2433; background: #fff }
  table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .4rem .8rem .4rem 0; font-variant-numeric: tabular-nums }
  .ok { color: #0a7a33 } .late { color: #9a6200 } .unavailable { color: #c0182b }
  @media (prefers-color-scheme: dark) { body { color: #e6e9f0; background: #14171f } .ok { color: #5fd38a } .late { color: #f0b84b } .unavailable { color: #ff7b86 } }`

function pageOf(rows: readonly Row[]): string {
  const heads = [
    'Service',
    'Status',
    'Answers in',
    'Version',
    'Database',
    'Events to send',
    'In the broker',
    'Events to handle',
    'Given up',
    'Blocked ways',
  ]
  const width = rows.some(({ details }) => details) ? heads.length : 3
  const body = rows.map((row) => {
    const told = cellsOf(row).slice(0, width)
    return `<tr>${told.map((cell, column) => `<td${column === 1 ? ` class="${row.status}"` : ''}>${escaped(cell)}</td>`).join('')}</tr>`
  })
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<title>Tikitu: health</title><style>${STYLE}</style></head>
<body><h1>Health</h1>
<table><thead><tr>${heads
    .slice(0, width)
    .map((head) => `<th>${head}</th>`)
    .join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody></table></body>
</html>`
}

function cellsOf({ service, status, milliseconds, details }: Row): string[] {
  const told = [service, status, `${milliseconds} ms`]
  if (!details) return [...told, '', '', '', '', '', '', '']
  const { version, databaseMilliseconds, events } = details
  const waits = ({ count, oldestSeconds }: { count: number; oldestSeconds: number }) =>
    count === 0 ? '0' : `${count}, for ${Math.round(oldestSeconds)} s`
  return [
    ...told,
    version,
    `${databaseMilliseconds} ms`,
    waits(events.unpublished),
    events.inBroker === null ? '–' : `${events.inBroker}`,
    waits(events.unhandled),
    `${events.dead}`,
    `${events.failing}`,
  ]
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
