/** An entry of `errors` in an answer of the gateway. */
interface GraphError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions?: { readonly code?: string; readonly requestId?: string }
}

/** The gateway answered with errors, or not with GraphQL at all. */
class GraphFailure extends Error {
  /** The codes of the errors; empty when it was not GraphQL. */
  readonly codes: readonly string[]

  constructor(operation: string, errors: readonly GraphError[]) {
    const lines = errors.map(({ message, path, extensions }) => {
      const place = path ? ` at ${path.join('.')}` : ''
      return `  ${extensions?.code ?? 'no code'}${place}: ${message} (request ${extensions?.requestId ?? 'unknown'})`
    })
    super(`${operation} failed:\n${lines.join('\n')}`)
    this.name = 'GraphFailure'
    this.codes = errors.map(({ extensions }) => extensions?.code ?? '')
  }
}

/** Asks one operation and gives its data; any error at all is a `GraphFailure`. */
export type Ask = <Data>(document: string, variables?: Record<string, unknown>) => Promise<Data>

/** How long an answer may take before the client gives up, in milliseconds. */
const PATIENCE_MILLISECONDS = 30_000

/** A client of the gateway at `address` for the bearer of `token`; without one, an anonymous client. */
export function graphClient(address: string, token?: string): Ask {
  return async <Data>(document: string, variables: Record<string, unknown> = {}) => {
    const name = /\b(?:query|mutation)\s+(\w+)/.exec(document)?.[1] ?? 'the operation'
    const response = await fetch(`${address}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: JSON.stringify({ query: document, variables }),
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    })
    const body = await bodyOf<Data>(response)
    if (!body) throw new GraphFailure(name, [{ message: `HTTP ${response.status} without a GraphQL answer` }])
    if (body.errors?.length) throw new GraphFailure(name, body.errors)
    if (body.data == null) throw new GraphFailure(name, [{ message: `HTTP ${response.status} without data` }])
    return body.data
  }
}

async function bodyOf<Data>(response: Response): Promise<{ data?: Data; errors?: readonly GraphError[] } | null> {
  try {
    return (await response.json()) as { data?: Data; errors?: readonly GraphError[] }
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
