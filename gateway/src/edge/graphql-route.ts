import { COMPLETE_FRAME, EVENT_STREAM, EVENT_STREAM_HEADERS, nextFrame } from '@tikitu/runtime/event-stream'
import { Fault } from '@tikitu/runtime/fault'
import type { Identity } from '@tikitu/runtime/identity'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GraphQLError, OperationTypeNode, parse } from 'graphql'
import type { GatewayConfig } from '../config.ts'
import type { Aliases, Repeat } from '../engine/engine.ts'
import { refuseVariables } from '../engine/variables.ts'
import type { Authenticate } from '../identity/authenticate.ts'
import { callerOf } from '../identity/caller.ts'
import { identitySigner } from '../identity/signer.ts'
import type { Live } from '../live/live.ts'
import type { Admit, AdmittedOperation } from './admission.ts'
import { extensionsOf, Throttled, type Charge } from './budgets.ts'
import { overcrowded, type Crowd } from './crowd.ts'
import type { CheckedOperation } from './documents.ts'
import { RequestRefused, tellErrors } from './errors.ts'
import { readGet, readPost, type GraphqlRequest } from './graphql-request.ts'
import type { TrustedDocuments } from './trusted-documents.ts'
import { DATA_ROUTE } from './security.ts'

/** Where the graph is. */
export const GRAPHQL_PATH = '/graphql'

/** The one way to the graph: GraphQL over HTTP, by POST, or for queries by GET. */
export function addGraphqlRoute(
  app: FastifyInstance,
  config: GatewayConfig,
  authenticate: Authenticate,
  admit: Admit,
  live: Live,
  documents: TrustedDocuments,
  crowd: Crowd,
  repeat: Repeat | undefined,
): void {
  const suggestions = config.environment === 'development'
  const sign = identitySigner(config.identitySecret)

  /** Mercurius would have fifty mistakes told, however long each is. */
  const refuseMistakes = (asked: GraphqlRequest) => {
    if (Object.keys(asked.variables).length > 0) refuseVariables(app.graphql.schema, parse(asked.query), asked)
  }

  const execute = async (
    request: FastifyRequest,
    reply: FastifyReply,
    identity: Identity,
    asked: GraphqlRequest,
    { charge, template }: AdmittedOperation,
  ) => {
    const caller = callerOf(identity, sign, request.log, {
      deadlineAt: performance.now() - reply.elapsedTime + config.requestTimeoutMilliseconds,
      hasLeft: () => request.raw.socket.destroyed,
    })
    const extensions = extensionsOf(charge)
    if (template) {
      const { text, aliases, literals } = template
      const variables = { ...asked.variables, ...literals }
      const context = { caller, text, operationName: undefined, aliases, extensions, __currentQuery: text }
      const again = repeat?.({ ...context, variables })
      if (again) return await again
      refuseMistakes(asked)
      const result = await reply.graphql(text, context, variables).catch(ifInvalid)
      if (result) return result
    }
    const { query, variables, operationName } = asked
    const again = repeat?.({ text: query, operationName, variables, caller, aliases: NO_ALIASES, extensions })
    if (again) return await again
    refuseMistakes(asked)
    // The stock engine keeps what it sends to subgraphs under this name.
    const __currentQuery = `${operationName ?? ''}\n${query}`
    const context = { caller, text: query, operationName, aliases: NO_ALIASES, extensions, __currentQuery }
    return await reply.graphql(query, context, variables, operationName)
  }

  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    read: (request: FastifyRequest, documents: TrustedDocuments) => GraphqlRequest,
  ) => {
    const leave = crowd.enter()
    try {
      return await answerWithin(request, reply, read, leave)
    } finally {
      leave()
    }
  }

  /** `leave` is called early by what stays for as long as its client likes. */
  const answerWithin = async (
    request: FastifyRequest,
    reply: FastifyReply,
    read: (request: FastifyRequest, documents: TrustedDocuments) => GraphqlRequest,
    leave: () => void,
  ) => {
    const identity = await authenticate(request)
    const asked = read(request, documents)
    const mediaType = mediaTypeOf(request)
    let cost: Charge | undefined
    try {
      const operation = admit(asked, identity)
      cost = operation.charge
      if (operation.type === OperationTypeNode.SUBSCRIPTION) {
        leave()
        return await live.stream(request, reply, asked)
      }
      refuseMutation(operation, request)
      const result = await execute(request, reply, identity, asked, operation)
      if (typeof result === 'string' && mediaType !== EVENT_STREAM) return await reply.type(mediaType).send(result)
      if (typeof result === 'string') return await sendEvents(reply, result)
      result.extensions = { cost }
      if (mediaType === EVENT_STREAM) return await sendEvents(reply, serialized(reply, result))
      return await reply.type(mediaType).send(result)
    } catch (error) {
      const wrong = documentErrors(error)
      if (!wrong) throw error
      if (error instanceof Throttled) {
        cost = error.charge
        void reply.header('retry-after', error.retryAfterSeconds)
      }
      const errors = tellErrors(wrong, { requestId: request.id, log: request.log, suggestions })
      if (mediaType === EVENT_STREAM && !(error instanceof Throttled))
        return sendEvents(reply, serialized(reply, { errors }))
      return reply
        .code(statusOf(error, mediaType))
        .type(mediaType)
        .send(cost ? { errors, extensions: { cost } } : { errors })
    }
  }

  // Before anything else, body and token included, and without an error: at a rush more are sent away than let in.
  const refuseCrowd = (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const seconds = crowd.comeAgainIn(true)
    if (seconds === undefined) return done()
    void reply
      .code(429)
      .headers({ 'retry-after': seconds, 'x-request-id': request.id })
      .type(JSON_RESPONSE)
      .send(overcrowded(seconds, request.id))
  }
  const onRequest = [DATA_ROUTE.onRequest ?? [], refuseCrowd].flat()
  app.post(GRAPHQL_PATH, { ...DATA_ROUTE, onRequest, config: { shed: 'asked' } }, (request, reply) =>
    answer(request, reply, readPost),
  )
  app.route({
    ...DATA_ROUTE,
    method: 'GET',
    url: GRAPHQL_PATH,
    exposeHeadRoute: false,
    config: { shed: 'asked' },
    preValidation: async (request) => live.refuseOrigin(request),
    handler: (request, reply) => answer(request, reply, readGet),
    wsHandler: live.socket,
  })
}

/** The one answer of what is no subscription, for clients that read nothing but event streams. */
function sendEvents(reply: FastifyReply, text: string): FastifyReply {
  return reply
    .serializer((frames: string) => frames)
    .type(EVENT_STREAM)
    .headers(EVENT_STREAM_HEADERS)
    .send(nextFrame(text) + COMPLETE_FRAME)
}

/** As the engine has written it, if it has. */
function serialized(reply: FastifyReply, result: object): string {
  const written = reply.serialize(result)
  return typeof written === 'string' ? written : new TextDecoder().decode(written)
}

const NO_ALIASES: Aliases = new Map()

/** Of a document that is not valid nothing was executed. */
function ifInvalid(error: unknown): undefined {
  if (!isInvalid(error)) throw error
}

const GRAPHQL_RESPONSE = 'application/graphql-response+json; charset=utf-8'
const JSON_RESPONSE = 'application/json; charset=utf-8'

function mediaTypeOf({ headers: { accept } }: FastifyRequest): string {
  if (accept?.includes('application/graphql-response+json')) return GRAPHQL_RESPONSE
  return accept?.trim() === 'text/event-stream' ? EVENT_STREAM : JSON_RESPONSE
}

function refuseMutation({ type }: CheckedOperation, { method }: FastifyRequest): void {
  if (type === OperationTypeNode.MUTATION && method === 'GET') {
    throw new RequestRefused(405, 'A mutation needs a POST.')
  }
}

/**
 * Programs that know nothing of GraphQL wait as they are told when they see 429, whatever they accept. Otherwise clients
 * that ask for plain JSON expect 200 of everything that is an answer of GraphQL.
 */
function statusOf(error: unknown, mediaType: string): number {
  if (error instanceof Throttled) return error.statusCode
  return mediaType === GRAPHQL_RESPONSE ? 400 : 200
}

/** What is wrong with the operation, or with asking for it now; undefined when it is something else that went wrong. */
function documentErrors(error: unknown): readonly Error[] | undefined {
  if (error instanceof GraphQLError) return [error]
  if (error instanceof Fault && (error.code === 'BAD_USER_INPUT' || error instanceof Throttled)) return [error]
  if (error instanceof AggregateError) return error.errors.filter((one) => one instanceof Error)
  if (!isInvalid(error)) return undefined
  const bundled: unknown = 'errors' in error ? error.errors : undefined
  return Array.isArray(bundled) ? bundled.filter((one) => one instanceof Error) : [error]
}

function isInvalid(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'MER_ERR_GQL_VALIDATION'
}
