import { accessTokenVerifier } from '@tikitu/runtime/cognito'
import { requestIdOf } from '@tikitu/runtime/ids'
import { createLog, type Logger } from '@tikitu/runtime/log'
import { announceReady, closeOnSignal } from '@tikitu/runtime/shutdown'
import { subgraphSdl } from '@tikitu/schema/sdl'
import { SERVICE_NAMES } from '@tikitu/schema/services'
import Fastify, { LogController, type FastifyInstance } from 'fastify'
import type { GatewayConfig } from './config.ts'
import { admission } from './edge/admission.ts'
import { openBudgets } from './edge/budgets.ts'
import { addJsonBodies } from './edge/body.ts'
import { Crowd } from './edge/crowd.ts'
import { readCostWeights } from './edge/cost-weights.ts'
import { costCompiler } from './edge/cost.ts'
import { operationCheck } from './edge/documents.ts'
import { addErrorAnswers, answerError, tellErrors } from './edge/errors.ts'
import { addGraphqlRoute, GRAPHQL_PATH } from './edge/graphql-route.ts'
import { addMedia } from './edge/media.ts'
import { addSeatMaps } from './edge/seat-maps.ts'
import { addLoadShedding, type RefuseUnderPressure } from './edge/pressure.ts'
import { addBrowserSecurity } from './edge/security.ts'
import { templates } from './edge/template.ts'
import { readTrustedDocuments } from './edge/trusted-documents.ts'
import { serverInTurns } from './edge/turns.ts'
import { addWebhooks } from './edge/webhooks.ts'
import { answerClientError } from './edge/unreadable.ts'
import { checkScalars } from './engine/scalars.ts'
import { chooseEngine } from './engine/choose.ts'
import { addHealthPage } from './health/health-page.ts'
import { addHealth } from './health/readiness.ts'
import { authenticator } from './identity/authenticate.ts'
import { principalDirectory } from './identity/directory.ts'
import { followRevocations } from './identity/revocation-feed.ts'
import { rememberRevocations, type Revocations } from './identity/revocations.ts'
import { rememberTokens } from './identity/tokens.ts'
import { addLive } from './live/live.ts'
import { addGraphiql } from './pages/graphiql.ts'
import { addLandingPage } from './pages/landing.ts'
import { addSignIn } from './pages/sign-in.ts'
import { addRest } from './rest/rest.ts'

/** How long a client may take to send its request, in milliseconds. */
const REQUEST_MILLISECONDS = 30_000

/** How long a connection may lie idle, in milliseconds: longer than load balancers keep theirs, most of them for a minute. */
const IDLE_MILLISECONDS = 72_000

/**
 * Connections that may wait to be accepted. The operating system refuses the rest without a word, and who is refused so tries
 * for a minute: at an opening a thousand people come within one busy moment, and Node's 511 were too few for them. The
 * system's own bound, `net.core.somaxconn`, is 4,096 unless it was changed.
 */
const BACKLOG = 4_096

/**
 * Documents that are kept parsed and validated, and as many of those that are not valid: the largest that are let in take
 * 0.8 MB each, so a thousand that somebody makes up would fill the heap.
 */
const DOCUMENTS_MAX = 250

/** Builds the gateway; it listens only when told to. No service needs to be up. */
export async function buildGateway(config: GatewayConfig): Promise<FastifyInstance> {
  const log = createLog('gateway', config.logLevel)
  const suggestions = config.environment === 'development'
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory: (begin) => {
      const server = serverInTurns(begin)
      server.requestTimeout = REQUEST_MILLISECONDS
      server.keepAliveTimeout = IDLE_MILLISECONDS
      return server
    },
    trustProxy: config.trustedProxies.length > 0 && [...config.trustedProxies],
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => answerError(error, request, reply, suggestions),
  })
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id)
    done()
  })
  if (config.logLevel === 'debug' || config.logLevel === 'trace') tellAnswers(app)
  addErrorAnswers(app, suggestions)
  await addBrowserSecurity(app, config.corsOrigins)
  addJsonBodies(app, config.bodyBytesMax)

  const engine = await chooseEngine(config.engine)
  log.info({ engine: engine.name, reason: engine.reason }, `the graph is executed by the engine ${engine.name}`)
  const { subscribe, repeat, renames } = await engine.register(app, {
    subgraphs: SERVICE_NAMES.map((name) => ({
      name,
      url: `${config.serviceUrls[name]}/graphql`,
      sdl: subgraphSdl(name),
    })),
    subgraphLimits: config.subgraphLimits,
    log,
    resumeMilliseconds: config.liveLimits.resumeMilliseconds,
    documentsMax: DOCUMENTS_MAX,
    formatErrors: (errors, { identity, log: requestLog }) =>
      tellErrors(errors, { requestId: identity.requestId, log: requestLog, suggestions }),
  })
  checkScalars(app.graphql.schema)

  const costOf = costCompiler(app.graphql.schema, readCostWeights(SERVICE_NAMES.map(subgraphSdl)))
  const chargeFor = openBudgets(config.costLimits)
  const revocations = rememberRevocations()
  const authenticate = authenticatorOf(config, revocations, log)
  const crowd = new Crowd(config.crowdLimits)
  const refuseUnderPressure = await addLoadShedding(app, config.pressureLimits)
  const refuseForNow: RefuseUnderPressure = (isPriority) => {
    // What has priority was let in when it came.
    if (!isPriority) crowd.refuse(isPriority)
    refuseUnderPressure(isPriority)
  }
  const documents = await readTrustedDocuments(
    config.trustedDocuments,
    app.graphql.schema,
    operationCheck(config.queryLimits, costOf),
  )
  const templateOf = renames ? templates(app.graphql.schema) : undefined
  const admit = admission(config, costOf, chargeFor, refuseForNow, documents, templateOf)
  const live = await addLive(app, { path: GRAPHQL_PATH, config, authenticate, revocations, admit, costOf, subscribe })
  addGraphqlRoute(app, config, authenticate, admit, live, documents, crowd, repeat)
  addRevocations(app, config, revocations)
  addHealth(app, config.serviceUrls)
  addMedia(app, config)
  addSeatMaps(app, config)
  addWebhooks(app, config)
  addRest(app, config, authenticate, chargeFor)
  addHealthPage(app, config, authenticate)
  const isOpen = config.environment !== 'production'
  addGraphiql(app, isOpen ? async () => true : addSignIn(app, authenticate))
  addLandingPage(app)
  await app.ready()
  return app
}

function tellAnswers(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { method, url } = request.routeOptions
    request.log.debug({ method, url, status: reply.statusCode, milliseconds: reply.elapsedTime }, 'answered')
    done()
  })
}

/** Before the first caller it is heard who must not be let in, if the user service is there to tell. */
function addRevocations(app: FastifyInstance, config: GatewayConfig, { take }: Revocations): void {
  const feed = followRevocations({
    url: config.serviceUrls.user,
    identitySecret: config.identitySecret,
    pollMilliseconds: config.revocationPollMilliseconds,
    timeoutMilliseconds: config.principalTimeoutMilliseconds,
    take,
    log: app.log,
  })
  app.addHook('onReady', () => feed.begun)
  app.addHook('onClose', async () => feed.stop())
}

function authenticatorOf(config: GatewayConfig, revocations: Revocations, log: Logger) {
  const directory = principalDirectory({
    serviceUrls: config.serviceUrls,
    identitySecret: config.identitySecret,
    cacheMilliseconds: config.principalCacheMilliseconds,
    timeoutMilliseconds: config.principalTimeoutMilliseconds,
    failuresMax: config.subgraphLimits.failuresMax,
    restMilliseconds: config.subgraphLimits.restMilliseconds,
    log,
  })
  revocations.watchAll(directory.forget)
  return authenticator(rememberTokens(accessTokenVerifier(config.cognito)), revocations, directory)
}

/** Runs the gateway for as long as the process lives. */
export async function runGateway(config: GatewayConfig): Promise<void> {
  const app = await buildGateway(config)
  closeOnSignal(app.log, () => app.close())
  await app.listen({ host: config.host, port: config.port, backlog: BACKLOG })
  announceReady()
}
