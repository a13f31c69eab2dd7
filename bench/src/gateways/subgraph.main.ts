// A stand-in for one service, as a process of its own: `node subgraph.main.ts <service> <port>`. It speaks the SDL of
// the service as far as the bench asks, and remembers what it answered to which body, so that a question asked again
// costs hardly more than HTTP.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { IDENTITY_HEADER } from '@tikitu/runtime/identity'
import { PRINCIPAL_PATH, PRINCIPALS_PATH, type UserPrincipal } from '@tikitu/schema/principals'
import type { ServiceName } from '@tikitu/schema/services'
import { execute, type Asked } from './execute.ts'
import { WORLD } from './world.ts'

/** Answers that are remembered. Never-seen queries fill it again and again. */
const ANSWERS_MAX = 4_000

const [service, port] = process.argv.slice(2)
const knowledge = WORLD[service as ServiceName]
const answers = new Map<string, Buffer>()

const server = createServer((request, response) => {
  if (request.method !== 'POST') return get(request, response)
  if (!request.headers[IDENTITY_HEADER]) return send(response, 401, json({ errors: [{ message: 'Who is asking?' }] }))
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = (chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)).toString()
    if (request.url === PRINCIPALS_PATH) return send(response, 200, principalsAskedIn(body))
    send(response, 200, answers.get(body) ?? remember(body))
  })
})
// Longer than the pools of all gateways keep an idle connection: none of them must find it closed.
server.keepAliveTimeout = 120_000
server.listen(Number(port), '127.0.0.1')

/** What the gateway asks beside GraphQL: who somebody is, and whether we are ready. */
function get({ url = '' }: IncomingMessage, response: ServerResponse): void {
  if (url.startsWith('/readyz')) return send(response, 200, json({ status: 'ok' }))
  if (service !== 'user' || !url.startsWith(PRINCIPAL_PATH)) return send(response, 404, json({}))
  const subject = new URLSearchParams(url.slice(url.indexOf('?'))).get('subject') ?? ''
  send(response, 200, json({ userId: subject, status: 'ACTIVE' } satisfies UserPrincipal))
}

/** As one by one, about as many as are asked about. */
function principalsAskedIn(body: string): Buffer {
  const { questions } = JSON.parse(body) as { questions: { subject: string }[] }
  return json({ principals: questions.map(({ subject }) => ({ userId: subject, status: 'ACTIVE' })) })
}

function remember(body: string): Buffer {
  const answer = json(execute(knowledge, JSON.parse(body) as Asked))
  if (answers.size >= ANSWERS_MAX) answers.clear()
  answers.set(body, answer)
  return answer
}

function send(response: ServerResponse, status: number, body: Buffer): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length })
  response.end(body)
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}
