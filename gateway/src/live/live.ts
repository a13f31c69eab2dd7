import type { WebsocketHandler } from '@fastify/websocket'
import { Fault } from '@tikitu/runtime/fault'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OperationTypeNode } from 'graphql'
import type { GatewayConfig } from '../config.ts'
import type { Admit } from '../edge/admission.ts'
import type { CostOf } from '../edge/cost.ts'
import { operationCheck } from '../edge/documents.ts'
import { tellErrors } from '../edge/errors.ts'
import type { Subscribe } from '../engine/engine.ts'
import type { Authenticate } from '../identity/authenticate.ts'
import type { Revocations } from '../identity/revocations.ts'
import { eventStreams, type StreamAnswers } from './event-streams.ts'
import { mayConnect } from './origin.ts'
import { openPlaces, type PlaceLimits } from './places.ts'
import { sessions } from './session.ts'
import { addWebsockets, socketHandler, type Client, type SocketLimits } from './sockets.ts'
import { subscriptions } from './subscriptions.ts'

/** How live updates are limited. */
export interface LiveLimits extends SocketLimits, PlaceLimits {
  /** How often both ends of a connection are made sure of each other, in milliseconds. */
  readonly keepAliveMilliseconds: number
  /** How often it is looked whether a caller who stays connected may, in milliseconds. */
  readonly recheckMilliseconds: number
  /** How long events that broke off are asked for again until that is told, in milliseconds: a service that is restarted is back within seconds. */
  readonly resumeMilliseconds: number
}

/** How live updates are asked for at the address of the graph. */
export interface Live {
  /** Answers a request with an event stream. */
  readonly stream: StreamAnswers
  /** Takes a WebSocket. */
  readonly socket: WebsocketHandler
  /** Throws FORBIDDEN before a WebSocket is opened from a page that may not call us. */
  refuseOrigin(request: FastifyRequest): void
}

/** What live updates stand on. */
export interface LiveOptions {
  readonly path: string
  readonly config: GatewayConfig
  readonly authenticate: Authenticate
  readonly revocations: Pick<Revocations, 'watch'>
  readonly admit: Admit
  readonly costOf: CostOf
  readonly subscribe: Subscribe | undefined
}

/** Adds live updates to an app, whose routes come after. */
export async function addLive(app: FastifyInstance, options: LiveOptions): Promise<Live> {
  const { config, authenticate, revocations, admit, costOf, subscribe } = options
  const { liveLimits, corsOrigins } = config
  await addWebsockets(app, liveLimits)
  const check = operationCheck(config.queryLimits, costOf)
  const suggestions = config.environment === 'development'
  const parts = {
    ...liveLimits,
    openSession: sessions({ authenticate, revocations, recheckMilliseconds: liveLimits.recheckMilliseconds }),
    subscriptions: subscriptions({ ...config, subscribe }),
    places: openPlaces(liveLimits),
    tell: (errors: readonly Error[], requestId: string, log: FastifyRequest['log']) =>
      tellErrors(errors, { requestId, log, suggestions }),
  }
  return {
    stream: eventStreams(app, parts),
    socket: socketHandler({
      ...parts,
      admit,
      schema: app.graphql.schema,
      isSubscription: ({ query, operationName }) => check(query, operationName).type === OperationTypeNode.SUBSCRIPTION,
      post: async (asked, client) => {
        const answer = await app.inject({ ...asRequest(client), url: options.path, payload: asked })
        return answer.payload
      },
    }),
    refuseOrigin: ({ ws, headers }) => {
      if (ws && !mayConnect(headers, corsOrigins)) throw new Fault('FORBIDDEN', 'Pages of this site may not call us.')
    },
  }
}

/** A query over a socket is a POST in all but the connection, so that no limit of those can be gone around. */
function asRequest({ authorization, requestId, ip }: Client) {
  return {
    method: 'POST' as const,
    remoteAddress: ip,
    headers: {
      accept: 'application/json',
      'x-request-id': requestId,
      ...(authorization === undefined ? {} : { authorization }),
    },
  }
}
