import { FAULT_CODES } from '@tikitu/runtime/fault'
import { z } from 'zod'
import type { Answer } from './send.ts'

/** Words of our own code, its libraries, its machine and its neighbours. No attempt contains one of them. */
const INTERNAL = [
  /\bat [\w.<>]+ \(/,
  /node:internal|node_modules|file:\/\/|\.(ts|js|mjs|cjs):\d/,
  /\/(work|home|usr|root|tmp|app)\//,
  /\b(?:Type|Range|Reference|Syntax)?Error\b(?!: )/,
  /TypeError|RangeError|ReferenceError|SyntaxError|ECONN|ENOTFOUND|EPIPE|stack/,
  /FST_|MER_|HPE_|ERR_|UND_/,
  /mercurius|fastify|undici|graphql-js|pino|zod|aws-jwt|jwks/i,
  /127\.0\.0\.1|localhost/,
  /Cannot read|is not a function|of undefined|of null|Maximum call stack|out of memory|circular/i,
  /x-tikitu-identity|Did you mean "|subgraph/i,
  /"code":"INTERNAL"/,
]

const coded = z.object({
  errors: z
    .array(
      z.object({
        message: z.string().min(1),
        extensions: z.object({ code: z.enum(FAULT_CODES), requestId: z.string().min(1) }),
      }),
    )
    .min(1)
    .optional(),
  data: z.unknown().optional(),
})

/** What is wrong with an answer to whatever it answers; undefined when nothing is. */
export function problemWith({ text, ended }: Answer): string | undefined {
  if (!ended) return 'the gateway neither answered nor hung up'
  if (text === '') return undefined
  const internal = INTERNAL.find((pattern) => pattern.test(text))
  if (internal) return `the answer says ${internal}`
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
  const [status] = statuses
  if (status === undefined) return 'the answer is no HTTP'
  if (statuses.some((each) => each >= 500)) return `the status is ${statuses.join(', ')}`
  return status >= 400 ? problemOfRefusal(text) : undefined
}

function problemOfRefusal(text: string): string | undefined {
  const [head = '', body = ''] = text.split(/\r\n\r\n([\s\S]*)/)
  const json = /^transfer-encoding: chunked/im.test(head) ? unchunked(body) : body
  // The answer to HEAD, and to a request without a host, which Node refuses before we know of it.
  if (json === '') return undefined
  if (!/^x-request-id: \S+/im.test(head)) return 'the answer has no request id'
  if (/^data: /m.test(json)) return undefined
  // Of several requests in one connection the first is looked at.
  const [first = ''] = json.split('HTTP/1.1 ')
  return isCoded(first) ? undefined : 'the answer is no coded error'
}

const unchunked = (body: string) => body.replaceAll(/(?:^|\r\n)[\da-f]+\r\n/gi, '').trim()

function isCoded(text: string): boolean {
  try {
    return coded.safeParse(JSON.parse(text)).success
  } catch {
    return false
  }
}
