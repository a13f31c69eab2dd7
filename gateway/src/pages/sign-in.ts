import { hash } from 'node:crypto'
import { Fault } from '@tikitu/runtime/fault'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Authenticate } from '../identity/authenticate.ts'

/** Whether the caller may see pages that show the schema. */
export type MaySee = (request: FastifyRequest) => Promise<boolean>

const COOKIE = 'tikitu_graphiql'

/** How long a browser keeps it, in seconds; the token in it may expire before. */
const COOKIE_SECONDS = 3_600

const SCRIPT = `
document.forms[0].addEventListener('submit', async (event) => {
  event.preventDefault()
  const authorization = 'Bearer ' + document.getElementById('token').value.trim()
  const { ok } = await fetch('/graphiql/session', { method: 'POST', headers: { authorization } })
  if (ok) location.reload()
  else document.getElementById('wrong').hidden = false
})`

const STYLE = 'body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }'

/** Asks for an access token. Nothing of the schema is on it. */
export const SIGN_IN_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<title>Tikitu GraphiQL</title><style>${STYLE}</style></head>
<body><h1>GraphiQL</h1>
<p>The schema is for partners and admins.</p>
<form><label>Access token <input id="token" type="password" autocomplete="off" required></label> <button>Sign in</button></form>
<p id="wrong" role="alert" hidden>This is no valid token of a partner or an admin.</p>
<script>${SCRIPT}</script></body>
</html>`

/** What the sign-in page may load: itself. */
export const SIGN_IN_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: [`'sha256-${hash('sha256', SCRIPT, 'base64')}'`],
    styleSrc: ["'unsafe-inline'"],
    imgSrc: ['data:'],
    connectSrc: ["'self'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
  },
}

/**
 * Keeps the token of a partner or an admin in a cookie that no script can read, no other site can send and no other path
 * gets. It is looked at anew for each page: whoever is revoked sees no more.
 */
export function addSignIn(app: FastifyInstance, authenticate: Authenticate): MaySee {
  const mayBeShown = async (request: FastifyRequest, authorization: string | undefined) => {
    const { id, ip, log } = request
    const { adminRole, partners } = await authenticate({ id, ip, log, headers: { authorization } })
    return adminRole !== null || partners.length > 0
  }
  app.post('/graphiql/session', async (request, reply) => {
    const { authorization } = request.headers
    if (!(await mayBeShown(request, authorization)))
      throw new Fault('FORBIDDEN', 'The schema is for partners and admins.')
    const token = encodeURIComponent(authorization?.replace(/^bearer +/i, '').trim() ?? '')
    const attributes = `Path=/graphiql; Max-Age=${COOKIE_SECONDS}; HttpOnly; Secure; SameSite=Strict`
    return reply.header('set-cookie', `${COOKIE}=${token}; ${attributes}`).code(204).send()
  })
  return async (request) => {
    const token = new RegExp(`(?:^|; *)${COOKIE}=([\\w.-]+)`).exec(request.headers.cookie ?? '')?.[1]
    if (token === undefined) return false
    try {
      return await mayBeShown(request, `Bearer ${token}`)
    } catch (error) {
      if (error instanceof Fault && error.code === 'UNAUTHENTICATED') return false
      throw error
    }
  }
}
