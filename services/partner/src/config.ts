import { z } from 'zod'
import { ConfigurationError, readServiceConfig, readVariables, type ServiceConfig } from '@tikitu/runtime/config'
import type { UserPoolConfig } from './directory/user-pool.ts'

/** What the partner service needs to run. */
export interface PartnerConfig extends ServiceConfig {
  /** Where owners of verified partners are put into the group `partner`. */
  readonly userPool: UserPoolConfig
}

const variables = {
  /** The user pool; its region is in its name. */
  COGNITO_USER_POOL_ID: z
    .string({ error: 'expected a user pool id such as eu-central-1_AbCdEfGhI' })
    .regex(/^(\w+-)?\w+-\w+-\d+_\w+$/, 'expected a user pool id such as eu-central-1_AbCdEfGhI'),
  /** The development issuer, instead of Amazon Cognito. */
  COGNITO_ENDPOINT: z
    .url({
      protocol: /^http$/,
      hostname: /^(127\.0\.0\.1|localhost)$/,
      error: 'expected the address of the development issuer on this machine, such as http://127.0.0.1:3011',
    })
    .optional(),
  /** What the development issuer wants to see before it changes anybody. */
  COGNITO_ADMIN_SECRET: z.string().min(32, 'expected at least 32 characters').optional(),
}

/** Reads the environment once. Throws a `ConfigurationError` that names what is missing or malformed. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): PartnerConfig {
  const config = readServiceConfig('partner', env)
  const {
    COGNITO_USER_POOL_ID: userPoolId,
    COGNITO_ENDPOINT: endpoint,
    COGNITO_ADMIN_SECRET: adminSecret,
  } = readVariables(variables, env)
  if (endpoint === undefined) return { ...config, userPool: { userPoolId, local: null } }
  if (config.environment === 'production') {
    throw new ConfigurationError([{ variable: 'COGNITO_ENDPOINT', expected: 'must not be set in production' }])
  }
  if (adminSecret === undefined) {
    throw new ConfigurationError([
      { variable: 'COGNITO_ADMIN_SECRET', expected: 'is missing (expected with COGNITO_ENDPOINT)' },
    ])
  }
  return { ...config, userPool: { userPoolId, local: { endpoint, adminSecret } } }
}
