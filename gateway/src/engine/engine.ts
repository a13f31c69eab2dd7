import type { Identity } from '@tikitu/runtime/identity'
import type { Logger } from '@tikitu/runtime/log'
import type { ServiceName } from '@tikitu/schema/services'
import type { FastifyInstance } from 'fastify'
import type { GraphQLFormattedError } from 'graphql'

/** The engines that there are. */
export const ENGINE_NAMES = ['planned', 'stock'] as const

/** One of them. */
export type EngineName = (typeof ENGINE_NAMES)[number]

/** Whoever waits for an answer. */
export interface Waiting {
  /** When they are answered with what there is by then, in milliseconds of `performance.now()`. */
  readonly deadlineAt: number
  /** Whether nobody is there to be answered any more. Asked every few milliseconds, instead of a listener for each request. */
  hasLeft(): boolean
}

/** Who asks, as an engine sees it. */
export interface Caller extends Waiting {
  /** As the gateway established it for this request. */
  readonly identity: Identity
  /** The same for all requests of one identity from one address, and of no other: only they may share what is under way. */
  readonly key: string
  /** The person, the machine, or the address of nobody: what one of them has changed is so for all requests of theirs. */
  readonly owner: string
  /** Logs with the request id. */
  readonly log: Logger
  /** The headers of every call that is made to a subgraph for this request, and for no other. */
  subgraphHeaders(): Readonly<Record<string, string>>
}

/** A subgraph, as an engine calls it. */
export interface Subgraph {
  readonly name: ServiceName
  /** Where it takes GraphQL. */
  readonly url: string
  /** Its part of the graph. Known beforehand, so that the gateway starts while the subgraph is down. */
  readonly sdl: string
}

/** How far a subgraph is trusted. */
export interface SubgraphLimits {
  /** How long it may take to answer, in milliseconds: no longer than a whole request, or nobody could tell that it fails. */
  readonly timeoutMilliseconds: number
  /** The largest answer that is taken from it, in bytes. */
  readonly answerBytesMax: number
  /** Calls in a row that come to nothing until it is left alone. */
  readonly failuresMax: number
  /** How long it is left alone until one call tries whether it is back, in milliseconds. */
  readonly restMilliseconds: number
}

/** What an engine is given. */
export interface EngineOptions {
  readonly subgraphs: readonly Subgraph[]
  readonly subgraphLimits: SubgraphLimits
  /** Told of what concerns no request: a subgraph that is left alone. */
  readonly log: Logger
  /** How long the events of a subscription are asked for again when they broke off, in milliseconds. */
  readonly resumeMilliseconds: number
  /** Documents that are kept parsed and validated, at most. */
  readonly documentsMax: number
  /** Writes the entries of `errors`. What a subgraph said arrives here as a `Fault` inside a `GraphQLError` with its path. */
  readonly formatErrors: (errors: readonly Error[], caller: Caller) => readonly GraphQLFormattedError[]
}

/**
 * Executes validated operations over the subgraphs. It registers Mercurius, without routes: the route of the edge
 * calls `reply.graphql(document, { caller, operationName, … }, variables, operationName)` and sends what that answers by
 * the same reply. A subgraph that does not answer costs its part of the answer and nothing else.
 */
export interface Engine {
  /** For the log. */
  readonly name: EngineName
  /** Why this one runs, for the log. */
  readonly reason: string
  register(app: FastifyInstance, options: EngineOptions): Promise<RunningEngine>
}

/** An engine that was registered. */
export interface RunningEngine {
  /** Undefined when the engine does queries and mutations only. */
  readonly subscribe: Subscribe | undefined
  /** Undefined when the engine executes everything through `reply.graphql`. */
  readonly repeat: Repeat | undefined
  /** Whether it writes the client's aliases for others, `MercuriusContext.aliases`. */
  readonly renames: boolean
}

/** An operation to be executed again. */
export interface RepeatRequest {
  /** The document that was executed before. */
  readonly text: string
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>>
  readonly caller: Caller
  /** As in `MercuriusContext`. */
  readonly aliases: Aliases
  /** As in `MercuriusContext`. */
  readonly extensions: string
}

/**
 * Executes an operation that was executed before, and answers the JSON of its answer. Undefined when it has to go through
 * `reply.graphql`: it is new, or its variables are not valid, or part of it is about the schema.
 */
export type Repeat = (request: RepeatRequest) => Promise<string> | undefined

/** The client's alias for each alias of a document that was worded anew. */
export type Aliases = ReadonlyMap<string, string>

/** A subscription that is to be started. It was let in, but nobody has validated it. */
export interface SubscriptionRequest {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly operationName: string | undefined
  /** Who asks, made anew for each event: an identity is signed for seconds, and no event is answered with what is under way. */
  callerNow(): Caller
  /** Aborted when nobody waits for more. */
  readonly signal: AbortSignal
}

/**
 * Starts a subscription, and answers its answers as JSON, one for each event. When it is over, it ends; when it cannot
 * go on, its last answer says why. Throws an `AggregateError` or a `GraphQLError` of what is wrong with the request.
 */
export type Subscribe = (request: SubscriptionRequest) => Promise<AsyncIterable<string>>

declare module 'mercurius' {
  interface MercuriusContext {
    /** Who asks. */
    caller: Caller
    /** The document. */
    text: string
    /** Which operation of the document. */
    operationName: string | undefined
    /** What the answer is to have instead of the document's aliases; empty when the document is the client's own. */
    aliases: Aliases
    /** The answer's `extensions`, as JSON, for an engine that writes the answer itself. */
    extensions: string
  }
}
