import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a WebSocket may be opened from where the request says it comes: from our own pages, from a site that may call us
 * anyway, or from a program, which has no origin. Browsers let every page open a socket to everybody; only we can refuse.
 */
export function mayConnect({ origin, host }: IncomingHttpHeaders, corsOrigins: readonly string[]): boolean {
  if (origin === undefined || corsOrigins.includes(origin)) return true
  // By the host alone: behind a proxy that ends TLS we do not see the scheme that the browser sees.
  return host !== undefined && URL.parse(origin)?.host === host
}
