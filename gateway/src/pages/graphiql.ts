import { hash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { ruruHTML } from 'ruru/server'
import { getStaticFile } from 'ruru/static'
import { GRAPHQL_PATH } from '../edge/graphql-route.ts'
import { SIGN_IN_PAGE, SIGN_IN_POLICY, type MaySee } from './sign-in.ts'

const PAGE_PATH = '/graphiql'
const ASSETS_PATH = '/graphiql/assets/'

/** What GraphiQL shows before anybody has typed. It works without a token. */
const FIRST_QUERY = `# Tikitu. Events and venues need no token.
# For the rest, put one below, under Headers:
# { "authorization": "Bearer eyJ…" }
# \`pnpm token buyer\` prints one.

query Events {
  events(first: 5) {
    edges {
      node { title startsAt venue { name city partner { companyName } } }
    }
  }
}
`

/**
 * GraphiQL, served from the package: no other host is asked for anything, and the policy would forbid it. Who may not see
 * it is asked to sign in.
 */
export function addGraphiql(app: FastifyInstance, maySee: MaySee): void {
  const settings = {
    endpoint: GRAPHQL_PATH,
    staticPath: ASSETS_PATH,
    defaultQuery: FIRST_QUERY,
    isHeadersEditorEnabled: true,
  }
  const page = ruruHTML({
    endpoint: GRAPHQL_PATH,
    staticPath: ASSETS_PATH,
    htmlParts: {
      titleTag: '<title>Tikitu GraphiQL</title><link rel="icon" href="data:,">',
      configScript: `<script>const RURU_CONFIG = ${JSON.stringify(settings)}</script>`,
    },
  })
  const contentSecurityPolicy = {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'", ...inlineScriptHashes(page)],
      // The editor writes its style sheets while it runs.
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      workerSrc: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
  }
  app.get(PAGE_PATH, { helmet: { contentSecurityPolicy } }, async (request, reply) => {
    void reply.type('text/html; charset=utf-8').header('cache-control', 'no-store')
    if (await maySee(request)) return reply.send(page)
    reply.helmet({ contentSecurityPolicy: SIGN_IN_POLICY })
    return reply.code(401).send(SIGN_IN_PAGE)
  })
  app.get(`${ASSETS_PATH}*`, { helmet: { contentSecurityPolicy } }, async (request, reply) => {
    const acceptEncoding = request.headers['accept-encoding']
    const file = await getStaticFile({
      staticPath: ASSETS_PATH,
      urlPath: request.url,
      acceptEncoding,
      disallowDevAssets: true,
    })
    if (!file) return reply.callNotFound()
    if (request.headers['if-none-match'] === file.headers.etag) return reply.code(304).send()
    return reply.headers({ ...file.headers, vary: 'accept-encoding' }).send(file.content)
  })
}

/** The page's own scripts by their content, so that no other inline script may run. */
function inlineScriptHashes(page: string): string[] {
  return [...page.matchAll(/<script(?: type="module")?>([\s\S]*?)<\/script>/g)].map(
    ([, script = '']) => `'sha256-${hash('sha256', script, 'base64')}'`,
  )
}
