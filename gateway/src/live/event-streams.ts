import {
  COMPLETE_FRAME,
  EVENT_STREAM,
  EVENT_STREAM_HEADERS,
  eventStream,
  nextFrame,
} from '@tikitu/runtime/event-stream'
import { Fault } from '@tikitu/runtime/fault'
import type { Logger } from '@tikitu/runtime/log'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import type { GraphqlRequest } from '../edge/graphql-request.ts'
import type { Places } from './places.ts'
import type { OpenSession, Session } from './session.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Answers an HTTP request with the answers of a subscription, as `graphql-sse` writes them: one request, one subscription. */
export type StreamAnswers = (
  request: FastifyRequest,
  reply: FastifyReply,
  asked: GraphqlRequest,
) => Promise<FastifyReply>

/** What WebSockets and event streams have in common. */
export interface LiveParts {
  readonly openSession: OpenSession
  readonly subscriptions: Subscriptions
  readonly places: Places
  /** How often both ends are made sure of each other, in milliseconds. */
  readonly keepAliveMilliseconds: number
  /** The entries of `errors` for what went wrong with one request. */
  tell(errors: readonly Error[], requestId: string, log: Logger): readonly GraphQLFormattedError[]
}

/** What is told to somebody for whom there is no place. */
export const NO_PLACE = 'You have too many connections open.'

/** Whether the client reads event streams. */
const readsEvents = ({ headers }: FastifyRequest) => headers.accept?.includes('text/event-stream') ?? false

/**
 * Event streams of an app. One ends with `complete` when the graph has nothing more to say or the session is over; one that
 * breaks off without it, as when the gateway stops, is to be asked for again.
 */
export function eventStreams(app: FastifyInstance, live: LiveParts): StreamAnswers {
  const open = new Set<AbortController>()
  app.addHook('preClose', async () => {
    for (const stream of open) stream.abort()
  })

  return async (request, reply, asked) => {
    if (!readsEvents(request)) {
      throw new GraphQLError('A subscription needs a WebSocket, or a request that accepts text/event-stream.')
    }
    const { session, leave } = await enter(request, live)
    const gone = new AbortController()
    const end = () => {
      open.delete(gone)
      gone.abort()
      leave()
    }
    try {
      const answers = await live.subscriptions.start(asked, session, request.log, gone.signal)
      const frames = framesOf(answers, session, (fault) => live.tell([fault], request.id, request.log))
      const stream = eventStream(frames, { keepAliveMilliseconds: live.keepAliveMilliseconds, onEnd: end })
      open.add(gone)
      gone.signal.addEventListener('abort', () => stream.destroy())
      return await reply.type(EVENT_STREAM).headers(EVENT_STREAM_HEADERS).send(stream)
    } catch (error) {
      end()
      throw error
    }
  }
}

async function enter(request: FastifyRequest, { places, openSession }: LiveParts) {
  const leavePlace = places.enter(request)
  if (!leavePlace) throw new Fault('THROTTLED', NO_PLACE)
  let session: Session | undefined
  try {
    session = await openSession(request, request.headers.authorization)
    const leaveCaller = places.enterAs(session.identity.subject)
    if (!leaveCaller) throw new Fault('THROTTLED', NO_PLACE)
    const leave = () => [session?.leave, leaveCaller, leavePlace].forEach((each) => each?.())
    return { session, leave }
  } catch (error) {
    session?.leave()
    leavePlace()
    throw error
  }
}

async function* framesOf(
  answers: AsyncIterable<string>,
  { ended }: Session,
  tell: (fault: Error) => readonly GraphQLFormattedError[],
): AsyncGenerator<string, undefined> {
  for await (const answer of answers) yield nextFrame(answer)
  if (ended.aborted && ended.reason instanceof Error) yield nextFrame(JSON.stringify({ errors: tell(ended.reason) }))
  yield COMPLETE_FRAME
  return undefined
}
