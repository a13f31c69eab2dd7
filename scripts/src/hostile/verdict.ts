/** An answer of the gateway, as it came. */
export interface Answer {
  readonly status: number
  /** Undefined when it was not JSON. */
  readonly body: GraphBody | undefined
  readonly milliseconds: number
}

/** What a GraphQL answer may hold. */
export interface GraphBody {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly { readonly message?: unknown; readonly extensions?: { readonly code?: unknown } }[]
}

/** The codes that say that a request was wrong. Any other says that something of ours was. */
const CODES_OF_A_BAD_REQUEST: ReadonlySet<unknown> = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'CONFLICT',
])

/** Below what the hostile values tell PostgreSQL to sleep, in milliseconds. */
const ANSWER_MILLISECONDS_MAX = 20_000

/** Words of PostgreSQL, of its driver, of JavaScript's own errors and of our files. */
const INTERNALS =
  /syntax error at|invalid input syntax|invalid byte sequence|\brelation "|\bcolumn "|\bviolates\b|duplicate key|out of range for type|too long for type|unsupported Unicode|failed query|\bselect\b.*\bfrom\b|insert into|\bpg_|postgres|drizzle|node_modules|\.ts:\d|\bat \S+ \(|ECONN|127\.0\.0\.1|localhost|(?:Type|Range|Reference)Error|call stack|Cannot read|is not a function|undefined|\[object /i

/** What is wrong with the answer to a request that sent this value; nothing when it is a clear refusal, a coded error or a result. */
export function problemsOf({ status, body, milliseconds }: Answer, sent: unknown): string[] {
  const problems: string[] = []
  if (status !== 200 && (status < 400 || status >= 500)) problems.push(`HTTP ${status}`)
  if (milliseconds > ANSWER_MILLISECONDS_MAX) problems.push(`it took ${Math.round(milliseconds / 1000)} s`)
  if (!body) return [...problems, 'it is not JSON']
  if (!body.data && !body.errors?.length) problems.push('it has neither data nor errors')
  for (const { message, extensions } of body.errors ?? []) {
    if (!CODES_OF_A_BAD_REQUEST.has(extensions?.code)) problems.push(`the code ${String(extensions?.code)}`)
    if (typeof message !== 'string' || message === '') problems.push('an error without a message')
  }
  for (const message of messagesOf(body)) {
    const [leak] = INTERNALS.exec(without(message, sent)) ?? []
    if (leak !== undefined) problems.push(`"${leak}" in the message ${JSON.stringify(message.slice(0, 300))}`)
  }
  return problems
}

/** Everything in the answer that is said to people: of errors and of refusals. */
function messagesOf({ data, errors }: GraphBody): string[] {
  const refusals = Object.values(data ?? {}).map((member) =>
    typeof member === 'object' && member !== null && 'message' in member ? member.message : undefined,
  )
  return [...(errors ?? []).map(({ message }) => message), ...refusals].filter((message) => typeof message === 'string')
}

/** A message may repeat what was sent. */
function without(message: string, sent: unknown): string {
  if (typeof sent !== 'string' || sent === '') return message
  return [sent, JSON.stringify(sent), JSON.stringify(sent).slice(1, -1)].reduce(
    (rest, echo) => rest.replaceAll(echo, ''),
    message,
  )
}
