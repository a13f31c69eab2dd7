import websocket, { type WebSocket, type WebsocketHandler } from '@fastify/websocket'
import { Fault } from '@tikitu/runtime/fault'
import { newId } from '@tikitu/runtime/ids'
import type { Logger } from '@tikitu/runtime/log'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  GraphQLError,
  parse,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql'
import { CloseCode, handleProtocols, makeServer, type Context, type ServerOptions } from 'graphql-ws'
import type { Admit } from '../edge/admission.ts'
import { readPost, type GraphqlRequest } from '../edge/graphql-request.ts'
import { answerClientError } from '../edge/unreadable.ts'
import { NO_PLACE, type LiveParts } from './event-streams.ts'
import type { Session } from './session.ts'
import { protocolSocket } from './socket.ts'

/** How WebSockets are limited. */
export interface SocketLimits {
  /** The largest message, in bytes. */
  readonly frameBytesMax: number
  /** Operations that one socket may have under way. */
  readonly operationsMax: number
  /** How long a client may take to say who it is, in milliseconds. */
  readonly initMilliseconds: number
}

/** What WebSockets need beside what they share with event streams. */
export interface SocketParts extends LiveParts, SocketLimits {
  readonly admit: Admit
  readonly isSubscription: (asked: GraphqlRequest) => boolean
  /** Has a query or a mutation executed as if it had come by POST, and answers the body of the answer. */
  readonly post: (asked: GraphqlRequest, client: Client) => Promise<string>
  readonly schema: GraphQLSchema
}

/** Whose operation it is. */
export interface Client {
  readonly authorization: string | undefined
  readonly requestId: string
  readonly ip: string
}

/** 1013 of RFC 6455: there is no place for now. */
const TRY_AGAIN_LATER = 1013

/** 1001 of RFC 6455: the gateway stops. Clients connect again. */
const GOING_AWAY = 1001

/** How long clients have to say goodbye when the gateway stops, in milliseconds. */
const GOODBYE_MILLISECONDS = 1_000

/** Lets the app take WebSockets. Comes before its routes. */
export async function addWebsockets(app: FastifyInstance, { frameBytesMax }: Pick<SocketLimits, 'frameBytesMax'>) {
  await app.register(websocket, {
    options: { maxPayload: frameBytesMax, handleProtocols, perMessageDeflate: false },
    errorHandler: (error, socket, request) => {
      request.log.info({ err: error }, 'a WebSocket failed')
      socket.terminate()
    },
    preClose(done) {
      const { clients } = this.websocketServer
      for (const client of clients) client.close(GOING_AWAY, 'The gateway stops. Connect again.')
      const terminate = () => clients.forEach((client) => client.terminate())
      const timer = setTimeout(terminate, GOODBYE_MILLISECONDS)
      this.websocketServer.close(() => clearTimeout(timer))
      done()
    },
  })
  // What cannot become a WebSocket is otherwise answered in HTML.
  app.websocketServer.on('wsClientError', answerClientError)
}

/** What `graphql-ws` keeps of a connection. */
interface Extra {
  readonly request: FastifyRequest
  readonly socket: WebSocket
  /** As `connection_init` brought it, or the request itself. */
  authorization?: string | undefined
  session?: Session
  leaveCaller?: (() => void) | undefined
}

type Connection = Context<Record<string, unknown>, Extra>

/** GraphQL over WebSocket by the protocol `graphql-transport-ws`: subscriptions, and queries and mutations as over HTTP. */
export function socketHandler(parts: SocketParts): WebsocketHandler {
  const server = makeServer(protocol(parts))
  return (socket, request) => {
    const leave = parts.places.enter(request)
    if (!leave) return socket.close(TRY_AGAIN_LATER, NO_PLACE)
    const { keepAliveMilliseconds } = parts
    const onFailure = (error: unknown) => request.log.error({ err: error }, 'a WebSocket message failed')
    const closed = server.opened(protocolSocket(socket, { keepAliveMilliseconds, onFailure }), { socket, request })
    socket.once('close', (code: number, reason: Buffer) => {
      leave()
      closed(code, reason.toString()).catch(onFailure)
    })
  }
}

/** What came of an operation: one answer, or one after the other. */
type Answers = FormattedExecutionResult | AsyncGenerator<FormattedExecutionResult, void>

/** `graphql-ws` wants a document to execute. What we execute was asked in another, and it need not look at that. */
const ANY_DOCUMENT = parse('{ __typename }')

/** An entry of `errors` as it is told, in the class that `graphql-ws` wants. */
class Told extends GraphQLError {
  readonly told: GraphQLFormattedError

  constructor(told: GraphQLFormattedError) {
    super(told.message)
    this.told = told
  }
}

function protocol(parts: SocketParts): ServerOptions<Record<string, unknown>, Extra> {
  return {
    connectionInitWaitTimeout: parts.initMilliseconds,
    onConnect: (connection) => connect(connection, parts),
    onSubscribe: async ({ extra, subscriptions }, _id, payload) => {
      const requestId = newId()
      const log = extra.request.log.child({ reqId: requestId })
      try {
        if (Object.keys(subscriptions).length > parts.operationsMax) throw tooMany(parts.operationsMax)
        const answers = await begin(readPost({ body: payload }), extra, parts, { requestId, log })
        // An answer without data is that nothing was executed.
        if ('errors' in answers && !('data' in answers)) return answers.errors?.map((told) => new Told(told)) ?? []
        return { schema: parts.schema, document: ANY_DOCUMENT, contextValue: answers }
      } catch (error) {
        return parts.tell(wrongIn(error), requestId, log).map((told) => new Told(told))
      }
    },
    execute: ({ contextValue }) => contextValue as ExecutionResult,
    onNext: (_connection, _id, _payload, _args, result) => result as FormattedExecutionResult,
    onError: (_connection, _id, _payload, errors) =>
      errors.map((error) => (error instanceof Told ? error.told : error.toJSON())),
    onClose: ({ extra }) => {
      extra.session?.leave()
      extra.leaveCaller?.()
    },
  }
}

/** Establishes who the client is; false when it may not stay, and the socket is closed. */
async function connect(
  { extra, connectionParams }: Connection,
  { openSession, places }: SocketParts,
): Promise<boolean> {
  const { request, socket } = extra
  const authorization = authorizationIn(connectionParams) ?? request.headers.authorization
  try {
    const session = await openSession(request, authorization)
    extra.session = session
    extra.authorization = authorization
    if (socket.readyState !== socket.OPEN) session.leave()
    extra.leaveCaller = places.enterAs(session.identity.subject)
    if (!extra.leaveCaller) socket.close(TRY_AGAIN_LATER, NO_PLACE)
    session.ended.addEventListener('abort', () => closeForbidden(socket, session.ended.reason))
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'UNAUTHENTICATED') throw error
    closeForbidden(socket, error)
  }
  if (socket.readyState === socket.OPEN) return true
  extra.leaveCaller?.()
  return false
}

function closeForbidden(socket: WebSocket, reason: unknown): void {
  socket.close(CloseCode.Forbidden, reason instanceof Fault ? reason.message : 'Forbidden')
}

/** Clients write the header as such, or among others under `headers`. */
function authorizationIn(parameters: Readonly<Record<string, unknown>> = {}): string | undefined {
  const { headers } = parameters
  const written = { ...(typeof headers === 'object' ? headers : {}), ...parameters }
  const [, value] = Object.entries(written).find(([name]) => name.toLowerCase() === 'authorization') ?? []
  // What is no text is no token, and nobody becomes anonymous by a mistake.
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : 'not text'
}

async function begin(
  asked: GraphqlRequest,
  { request, session, authorization }: Extra,
  { isSubscription, post, admit, subscriptions }: SocketParts,
  { requestId, log }: { requestId: string; log: Logger },
): Promise<Answers> {
  if (!session) throw new Error('an operation came before its client was known')
  if (!isSubscription(asked)) {
    return JSON.parse(await post(asked, { authorization, requestId, ip: request.ip })) as FormattedExecutionResult
  }
  const identity = { ...session.identity, requestId }
  admit(asked, identity)
  const gone = new AbortController()
  return parsed(await subscriptions.start(asked, { ...session, identity }, log, gone.signal), gone)
}

/** The answers as `graphql-ws` takes them. It ends them by `return`, which alone would wait for the next answer. */
function parsed(answers: AsyncIterable<string>, gone: AbortController): AsyncGenerator<FormattedExecutionResult, void> {
  async function* results(): AsyncGenerator<FormattedExecutionResult, void> {
    for await (const answer of answers) yield JSON.parse(answer) as FormattedExecutionResult
  }
  const generator = results()
  const end = generator.return.bind(generator)
  generator.return = (value) => {
    gone.abort()
    return end(value)
  }
  return generator
}

function tooMany(max: number): Fault {
  return new Fault('THROTTLED', `A socket may have at most ${max} operations under way.`, { details: { max } })
}

function wrongIn(error: unknown): Error[] {
  if (error instanceof AggregateError) return error.errors.filter((one) => one instanceof Error)
  return [error instanceof Error ? error : new Error(String(error))]
}
