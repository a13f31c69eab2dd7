import { Fault } from '@tikitu/runtime/fault'
import { IDENTITY_HEADER, serviceIdentity, signIdentity } from '@tikitu/runtime/identity'
import { timeoutSignal } from '@tikitu/runtime/timeout'
import { PRINCIPAL_PATH, PRINCIPALS_MAX, PRINCIPALS_PATH } from '@tikitu/schema/principals'
import { request } from 'undici'
import { z } from 'zod'

/** What is asked about a principal. */
export interface Question {
  readonly subject: string
  /** The subject, and whatever else the service is told. */
  readonly parameters: Readonly<Record<string, string>>
  /** The parameters as a query string. */
  readonly query: string
}

/** The question with these parameters. */
export function questionOf(parameters: Readonly<Record<string, string>> & { readonly subject: string }): Question {
  return { subject: parameters.subject, parameters, query: new URLSearchParams(parameters).toString() }
}

/** What a service said: `unknown` when it does not know them. */
export type Said<Known> = { readonly known: Known } | 'unknown'

/** Asks a service about a principal. Fails when there is no answer in time. */
export type AskService<Known> = (question: Question, requestId: string) => Promise<Said<Known>>

/** Where and how a service is asked. */
export interface ServiceToAsk<Known> {
  /** The origin of the service. */
  readonly url: string
  readonly shape: z.ZodType<Known>
  readonly identitySecret: string
  /** How long the service may take, in milliseconds. */
  readonly timeoutMilliseconds: number
}

/** Asks one question in one request. */
export function askingAlone<Known>(service: ServiceToAsk<Known>): AskService<Known> {
  return (question, requestId) => inTime(service, (signal) => askOne(service, question, requestId, signal))
}

/** Requests under way at once when questions are asked together. */
const TOGETHER_REQUESTS_MAX = 2

/**
 * Asks questions together that come while there are requests under way: at a rush many callers are new, and a request for each
 * would cost this process and the service as much as what the callers want. With nothing under way nobody waits.
 */
export function askingTogether<Known>(service: ServiceToAsk<Known>): AskService<Known> {
  const alone = askingAlone(service)
  const answers = z.object({ principals: z.array(service.shape.nullable()) })
  const waiting: Asker<Known>[] = []
  let underWay = 0

  return (question, requestId) =>
    new Promise((resolve, reject) => {
      const asker = { question, requestId, resolve, reject }
      if (underWay < TOGETHER_REQUESTS_MAX) void serve([asker])
      else waiting.push(asker)
    })

  async function serve(first: readonly Asker<Known>[]): Promise<void> {
    underWay += 1
    for (let batch = first; batch.length > 0; batch = waiting.splice(0, PRINCIPALS_MAX)) await askAll(batch)
    underWay -= 1
  }

  /** Never fails: the askers do. */
  async function askAll(batch: readonly Asker<Known>[]): Promise<void> {
    const [first] = batch
    try {
      if (!first) return
      if (batch.length === 1) return first.resolve(await alone(first.question, first.requestId))
      const { principals } = await inTime(service, (signal) => askMany(service, answers, batch, signal))
      if (principals.length !== batch.length) throw new Error(`${principals.length} of ${batch.length} answers`)
      batch.forEach(({ resolve }, place) => {
        const known = principals[place]
        resolve(known ? { known } : 'unknown')
      })
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}

interface Asker<Known> {
  readonly question: Question
  readonly requestId: string
  readonly resolve: (said: Said<Known>) => void
  readonly reject: (error: unknown) => void
}

async function inTime<Result>(
  { timeoutMilliseconds }: ServiceToAsk<unknown>,
  ask: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const signal = timeoutSignal(timeoutMilliseconds)
  try {
    return await ask(signal)
  } catch (error) {
    // A connection that lay idle may have been closed by a service that restarted.
    if (!isBroken(error) || signal.aborted) throw error
    return await ask(signal)
  }
}

/** Errors of a connection, by Node and by undici. */
const BROKEN: ReadonlySet<unknown> = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'UND_ERR_SOCKET'])

function isBroken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && BROKEN.has(error.code)
}

/** `request` of undici, because `fetch` takes several times as long, and everybody who signs in waits for this. */
async function askOne<Known>(
  { url, shape, identitySecret }: ServiceToAsk<Known>,
  { query }: Question,
  requestId: string,
  signal: AbortSignal,
): Promise<Said<Known>> {
  const headers = signedHeaders(identitySecret, requestId)
  const { statusCode, body } = await request(`${url}${PRINCIPAL_PATH}?${query}`, { headers, signal })
  if (statusCode === 200) return { known: shape.parse(await body.json()) }
  await body.dump()
  if (statusCode === 404) return 'unknown'
  throw new Fault('UNAVAILABLE', `status ${statusCode}`)
}

async function askMany<Known>(
  { url, identitySecret }: ServiceToAsk<Known>,
  answers: z.ZodType<{ principals: (Known | null)[] }>,
  batch: readonly Asker<Known>[],
  signal: AbortSignal,
): Promise<{ principals: (Known | null)[] }> {
  // All are asked by a request that has one id, of whoever came first.
  const headers = signedHeaders(identitySecret, batch[0]?.requestId ?? '')
  const { statusCode, body } = await request(`${url}${PRINCIPALS_PATH}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ questions: batch.map(({ question }) => question.parameters) }),
    signal,
  })
  if (statusCode === 200) return answers.parse(await body.json())
  await body.dump()
  throw new Fault('UNAVAILABLE', `status ${statusCode}`)
}

const signedHeaders = (identitySecret: string, requestId: string) => ({
  [IDENTITY_HEADER]: signIdentity(serviceIdentity('gateway', requestId), identitySecret),
  'x-request-id': requestId,
})
