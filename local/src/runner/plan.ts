import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SERVICE_NAMES, type ServiceName } from '@tikitu/schema/services'
import { demoAccounts } from '../cognito/demo-accounts.ts'
import { REPOSITORY, type Settings } from '../settings.ts'
import type { ProcessSpec } from './child-process.ts'
import type { Databases } from './database.ts'
import type { Secrets } from './secrets.ts'

/** The processes of a system, as data. */
export interface SystemPlan {
  /** Need nothing; started beside the database. */
  helpers: ProcessSpec[]
  /** Need the databases; started all at once, together with the gateway. */
  services(databases: Databases): ProcessSpec[]
  /** Stopped first, so that nobody is let in while the services stop. */
  gateway: ProcessSpec
  /** Answers 200 when the whole system can be used. */
  readyUrl: string
  /** Brings the demo data, the first time; undefined if there is none to bring. */
  seed(): ProcessSpec | undefined
}

/** Tikitu: six services and the gateway, with what stands in for AWS on one machine unless the settings name the real thing. */
export function tikituPlan(settings: Settings, secrets: Secrets): SystemPlan {
  const shared = sharedEnvironment(settings, secrets)
  const seedEntry = join(REPOSITORY, 'scripts/seed.ts')
  return {
    helpers: [
      ...(settings.cognito.localOrigin === undefined
        ? []
        : [
            {
              name: 'issuer',
              entry: join(REPOSITORY, 'local/src/cognito/main.ts'),
              env: { ...shared, COGNITO_ADMIN_SECRET: secrets.cognitoAdmin },
            },
          ]),
      ...(settings.smtpUrl === undefined
        ? [{ name: 'mail', entry: join(REPOSITORY, 'local/src/mail/main.ts'), env: shared }]
        : []),
      ...(settings.paymentProvider === 'sandbox'
        ? [
            {
              name: 'stripe',
              entry: join(REPOSITORY, 'local/src/stripe/main.ts'),
              env: { ...shared, ...sandbox(settings, secrets) },
            },
          ]
        : []),
    ],
    services: (databases) =>
      SERVICE_NAMES.map((service) => ({
        name: service,
        entry: join(REPOSITORY, 'services', service, 'src/main.ts'),
        env: { ...shared, ...relays(databases), ...own(databases, service), ...extras(service, settings, secrets) },
      })),
    gateway: { name: 'gateway', entry: join(REPOSITORY, 'gateway/src/main.ts'), env: shared },
    readyUrl: `http://127.0.0.1:${settings.ports.gateway}/readyz`,
    seed: () =>
      existsSync(seedEntry)
        ? {
            name: 'seed',
            entry: seedEntry,
            env: {
              ...shared,
              ...(settings.cognito.localOrigin === undefined ? {} : { COGNITO_ENDPOINT: settings.cognito.localOrigin }),
            },
          }
        : undefined,
  }
}

function sharedEnvironment(settings: Settings, secrets: Secrets): Record<string, string> {
  const { cognito } = settings
  return {
    NODE_ENV: settings.nodeEnv,
    NODE_COMPILE_CACHE: join(settings.dataDir, 'compile-cache'),
    PORT_BASE: String(settings.portBase),
    DATA_DIR: settings.dataDir,
    LOG_LEVEL: settings.logLevel,
    IDENTITY_SECRET: settings.identitySecret ?? secrets.identity,
    COGNITO_USER_POOL_ID: cognito.userPoolId,
    COGNITO_CLIENT_IDS: cognito.clientIds.join(','),
    ...(cognito.localOrigin === undefined ? {} : { COGNITO_JWKS_ORIGIN: cognito.localOrigin }),
  }
}

function own(databases: Databases, service: ServiceName): Record<string, string> {
  return { [`DATABASE_URL_${service.toUpperCase()}`]: databases[service].url }
}

/** Whoever publishes an event writes it into the inboxes of others. */
function relays(databases: Databases): Record<string, string> {
  return Object.fromEntries(
    SERVICE_NAMES.map((service) => [`RELAY_URL_${service.toUpperCase()}`, databases[service].relayUrl]),
  )
}

/** What one service alone needs. */
function extras(service: ServiceName, settings: Settings, secrets: Secrets): Record<string, string> {
  const { localOrigin } = settings.cognito
  switch (service) {
    case 'notification':
      return { SMTP_URL: settings.smtpUrl ?? `smtp://127.0.0.1:${settings.ports.smtp}` }
    case 'booking':
      return { TICKET_KEY_SECRET: settings.ticketKeySecret ?? secrets.ticketKey }
    case 'partner':
      // Verification puts the owner of a partner into the group `partner`.
      return localOrigin === undefined
        ? {}
        : { COGNITO_ENDPOINT: localOrigin, COGNITO_ADMIN_SECRET: secrets.cognitoAdmin }
    case 'admin':
      return localOrigin === undefined || settings.namesFirstAdmin ? {} : firstAdmin()
    case 'payment':
      return { ...sandbox(settings, secrets), ...stripeAccount(settings) }
    case 'user':
      return {}
  }
}

/** Where the payment sandbox is, and what it and the payment service share. Its address stays known when it does not run. */
function sandbox({ ports }: Settings, { sandboxKey, sandboxWebhook }: Secrets): Record<string, string> {
  return {
    SANDBOX_ORIGIN: `http://127.0.0.1:${ports.sandbox}`,
    SANDBOX_SECRET_KEY: `sk_test_${sandboxKey}`,
    SANDBOX_WEBHOOK_SECRET: `whsec_${sandboxWebhook}`,
  }
}

function stripeAccount({ stripe: { secretKey, webhookSecret } }: Settings): Record<string, string> {
  return {
    ...(secretKey === undefined ? {} : { STRIPE_SECRET_KEY: secretKey }),
    ...(webhookSecret === undefined ? {} : { STRIPE_WEBHOOK_SECRET: webhookSecret }),
  }
}

function firstAdmin(): Record<string, string> {
  const { sub, email, givenName, familyName } = demoAccounts.operator
  return {
    ADMIN_BOOTSTRAP_SUBJECT: sub,
    ADMIN_BOOTSTRAP_EMAIL: email,
    ADMIN_BOOTSTRAP_NAME: `${givenName} ${familyName}`,
  }
}
