import { readCognitoConfig, type CognitoConfig } from '@tikitu/runtime/cognito'
import { readServiceConfig, readVariables, type ServiceConfig } from '@tikitu/runtime/config'
import { z } from 'zod'

/** What this service needs to run. */
export interface UserConfig extends ServiceConfig {
  /** Whose id tokens people may register with. */
  readonly cognito: CognitoConfig
  /** How long the user pool lets a sign-in be refreshed, in days: so long a sign-out is remembered. */
  readonly refreshDays: number
}

const DAYS = 'expected a whole number of days from 1 to 3650'

const variables = {
  /** The app clients' longest; 30 is Cognito's own default. */
  COGNITO_REFRESH_DAYS: z.coerce.number({ error: DAYS }).int(DAYS).min(1, DAYS).max(3_650, DAYS).default(30),
}

/** Reads and checks the environment, once. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): UserConfig {
  const { COGNITO_REFRESH_DAYS: refreshDays } = readVariables(variables, env)
  return { ...readServiceConfig('user', env), cognito: readCognitoConfig(env), refreshDays }
}
