import { FAULT_CODES, Fault } from '@tikitu/runtime/fault'
import { IDENTITY_HEADER } from '@tikitu/runtime/identity'
import { timeoutSignal } from '@tikitu/runtime/timeout'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { GatewayConfig } from '../config.ts'
import type { ChargeFor } from '../edge/budgets.ts'
import type { Authenticate } from '../identity/authenticate.ts'
import { identitySigner } from '../identity/signer.ts'
import { answerProblem } from './problem.ts'

/** A file that a service makes for whoever may have it. */
interface FileRoute {
  /** Under `/api/v1`. */
  readonly path: `/${string}`
  /** Where the service has it. */
  readonly at: (id: string) => `/${string}`
  /** What it costs of the caller's budget, as much as in the graph. */
  readonly points: number
}

const BOOKING_FILES: readonly FileRoute[] = [
  { path: '/booking/tickets/:id.pdf', at: (id) => `/tickets/${id}/ticket.pdf`, points: 50 },
  { path: '/booking/tickets/:id/qr.svg', at: (id) => `/tickets/${id}/qr.svg`, points: 2 },
  { path: '/booking/tickets/:id/qr.png', at: (id) => `/tickets/${id}/qr.png`, points: 2 },
  { path: '/booking/bookings/:id/tickets.pdf', at: (id) => `/bookings/${id}/tickets.pdf`, points: 500 },
]

/** What of the service's answer is told to clients. */
const PASSED_HEADERS = ['content-type', 'content-disposition']

/** What is somebody's own is nobody else's to keep. */
const OWN_HEADERS = { 'cache-control': 'private, no-store', vary: 'authorization' }

/**
 * `/api/v1`: tickets as files, for their holders. The caller is established as for the graph, and pays from the same
 * budget; the service decides what is theirs. Whatever goes wrong is a problem document.
 */
export function addRest(
  app: FastifyInstance,
  config: GatewayConfig,
  authenticate: Authenticate,
  chargeFor: ChargeFor,
): void {
  const suggestions = config.environment === 'development'
  const sign = identitySigner(config.identitySecret)

  const pass = async (route: FileRoute, request: FastifyRequest<{ Params: { id: string } }>, reply: FastifyReply) => {
    const identity = await authenticate(request)
    chargeFor(identity, { isPriority: false, pointsFor: () => route.points }, {})
    const url = `${config.serviceUrls.booking}${route.at(encodeURIComponent(request.params.id))}`
    const init = {
      headers: { [IDENTITY_HEADER]: sign(identity), 'x-request-id': request.id },
      signal: timeoutSignal(config.requestTimeoutMilliseconds),
      redirect: 'error',
    } as const
    const answer = await fetch(url, init).catch((cause: unknown) => {
      throw new Fault('UNAVAILABLE', 'Tickets cannot be reached right now. Please try again.', { cause })
    })
    if (!answer.ok) throw await faultOfService(answer)
    for (const name of PASSED_HEADERS) {
      const value = answer.headers.get(name)
      if (value !== null) void reply.header(name, value)
    }
    return reply.send(Buffer.from(await answer.arrayBuffer()))
  }

  void app.register(
    async (rest) => {
      rest.addHook('onRequest', async (_request, reply) => void reply.headers(OWN_HEADERS))
      rest.setErrorHandler((error, request, reply) => answerProblem(error, request, reply, suggestions))
      rest.setNotFoundHandler((request, reply) => {
        answerProblem(new Fault('NOT_FOUND', 'There is nothing here.'), request, reply, suggestions)
      })
      for (const route of BOOKING_FILES) {
        rest.get<{ Params: { id: string } }>(route.path, (request, reply) => pass(route, request, reply))
      }
    },
    { prefix: '/api/v1' },
  )
}

const serviceErrors = z.object({
  errors: z.tuple([z.object({ message: z.string(), extensions: z.object({ code: z.enum(FAULT_CODES) }) })]),
})

/** What the service says is wrong, as it says it; anything else that it answers is our own mistake. */
async function faultOfService(answer: Response): Promise<Error> {
  const text = await answer.text()
  const told = serviceErrors.safeParse(parsed(text))
  if (!told.success) return new Error(`the booking service answered ${answer.status}: ${text.slice(0, 200)}`)
  const [{ message, extensions }] = told.data.errors
  return new Fault(extensions.code, message)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
