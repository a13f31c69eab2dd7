import type { FastifyInstance } from 'fastify'

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; color: #1d2433; background: #fff }
  h1 { font-size: 2rem; margin: 0 } a { color: #1a4fd0 } code { font-size: .95em } li { margin: .4rem 0 }
  @media (prefers-color-scheme: dark) { body { color: #e6e9f0; background: #14171f } a { color: #8fb2ff } }`

/** A page that says where one has landed, and what there is. */
export function addLandingPage(app: FastifyInstance): void {
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>Tikitu</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Tikitu</h1>
<p>Tickets for everything that has a seat, and for what has none.</p>
<ul>
<li><a href="/graphiql">GraphiQL</a>: the schema, and queries by hand</li>
<li><code>POST /graphql</code>: the graph, with <code>Authorization: Bearer &lt;access token&gt;</code></li>
<li><a href="/health">/health</a>: how all services are; for machines <a href="/readyz">/readyz</a></li>
</ul>
</body>
</html>`
  const contentSecurityPolicy = {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'unsafe-inline'"],
      imgSrc: ['data:'],
      frameAncestors: ["'none'"],
    },
  }
  app.get('/', { helmet: { contentSecurityPolicy } }, (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(page),
  )
}
