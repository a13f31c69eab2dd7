import { readCognitoConfig, type CognitoConfig } from '@tikitu/runtime/cognito'
import { readServiceConfig, type ServiceConfig } from '@tikitu/runtime/config'

/** What this service needs to run. */
export interface UserConfig extends ServiceConfig {
  /** Whose id tokens people may register with. */
  readonly cognito: CognitoConfig
}

/** Reads and checks the environment, once. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): UserConfig {
  return { ...readServiceConfig('user', env), cognito: readCognitoConfig(env) }
}
