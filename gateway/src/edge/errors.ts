import { faultOf, publicErrors, type PublicError } from '@tikitu/runtime/errors'
import { Fault } from '@tikitu/runtime/fault'
import type { Logger } from '@tikitu/runtime/log'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GraphQLError } from 'graphql'
import { Throttled } from './budgets.ts'
import { Overcrowded } from './crowd.ts'
import { Overloaded } from './pressure.ts'

/** The request cannot be taken as it is: BAD_USER_INPUT, with an HTTP status of the 4xx that says it more precisely. */
export class RequestRefused extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.name = 'RequestRefused'
    this.statusCode = statusCode
  }
}

/** How errors are told to one request. */
export interface Telling {
  readonly requestId: string
  readonly log: Logger
  /** Whether "Did you mean …?" may be said: it tells strangers the names of the graph. */
  readonly suggestions: boolean
}

/** The entries of `errors`: a public code and the request id in each, and nothing that is internal. */
export function tellErrors(errors: readonly Error[], { requestId, log, suggestions }: Telling): PublicError[] {
  const told = publicErrors(errors.map(ownMistake), requestId, log)
  return suggestions ? told : told.map((error) => ({ ...error, message: withoutSuggestion(error.message) }))
}

/** A value that a subgraph sent and the graph does not allow is not the client's doing, though graphql-js words it so. */
function ownMistake(error: Error): Error {
  if (!(error instanceof GraphQLError) || !error.path) return error
  let root: Error = error
  while (root instanceof GraphQLError && root.originalError) root = root.originalError
  if (!(root instanceof GraphQLError) || root === error || root.nodes) return error
  return new GraphQLError(root.message, { path: error.path, originalError: new Error(root.message) })
}

/** graphql-js makes its suggestion last; whoever words their own input like one gets no other removed by it. */
function withoutSuggestion(message: string): string {
  const at = message.endsWith('?') ? message.lastIndexOf('Did you mean ') : -1
  return at < 0 ? message : message.slice(0, at).trimEnd()
}

/** Everything that goes wrong outside of a GraphQL operation is answered in the same shape, with its HTTP status. */
export function addErrorAnswers(app: FastifyInstance, suggestions: boolean): void {
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, suggestions))
  app.setNotFoundHandler((request, reply) => {
    const fault = new Fault('NOT_FOUND', 'There is nothing here. The graph is at /graphql.')
    answerError(fault, request, reply, suggestions)
  })
}

/** Answers a request with what went wrong, when it never reached a route or its route failed. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, suggestions: boolean): void {
  const errors = beginErrorAnswer(error, request, reply, suggestions)
  void reply.type('application/json; charset=utf-8').send({ errors })
}

/** Sets the status and headers of an answer that says what went wrong, and gives what its body has to say. */
export function beginErrorAnswer(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  suggestions: boolean,
): PublicError[] {
  const fault = faultOf(error)
  if (fault.code === 'UNAUTHENTICATED') void reply.header('www-authenticate', 'Bearer')
  if (isShed(fault) || fault instanceof Throttled) void reply.header('retry-after', fault.retryAfterSeconds)
  void reply.code(statusOf(error, fault)).headers({ 'x-request-id': request.id })
  return toldOf(fault, request, suggestions)
}

const isShed = (fault: Fault) => fault instanceof Overloaded || fault instanceof Overcrowded

/** Load that is shed is not logged one by one: that would be more to do for whoever has too much to do. */
function toldOf(fault: Fault, { id: requestId, log }: FastifyRequest, suggestions: boolean): PublicError[] {
  if (!isShed(fault)) return tellErrors([fault], { requestId, log, suggestions })
  return [{ message: fault.message, extensions: { ...fault.details, code: fault.code, requestId } }]
}

/** Fastify's own refusals know their status better than the code does: 413, 415. */
function statusOf(error: unknown, fault: Fault): number {
  if (error instanceof Fault || !(error instanceof Error) || !('statusCode' in error)) return fault.statusCode
  const { statusCode } = error
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : fault.statusCode
}
