import {
  commonVariables,
  ConfigurationError,
  readServiceConfig,
  readServiceUrls,
  readVariables,
  type ServiceConfig,
} from '@tikitu/runtime/config'
import { email, text } from '@tikitu/runtime/validate'
import type { Bootstrap } from './admins/bootstrap.ts'
import type { PeerOptions } from './events/peers.ts'

/** What this service needs to run. */
export interface AdminConfig extends ServiceConfig {
  /** Who becomes SUPER_ADMIN when nobody is; null when that is not wanted. */
  readonly bootstrap: Bootstrap | null
  /** How the other services are reached, to see after their events. */
  readonly peers: PeerOptions
}

const variables = {
  /** The Cognito subject of the first SUPER_ADMIN. */
  ADMIN_BOOTSTRAP_SUBJECT: text(1, 128).optional(),
  ADMIN_BOOTSTRAP_EMAIL: email.optional(),
  ADMIN_BOOTSTRAP_NAME: text(1, 200).optional(),
}

/** Reads and checks the environment, once. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): AdminConfig {
  const config = readServiceConfig('admin', env)
  const { PORT_BASE: portBase } = readVariables({ PORT_BASE: commonVariables.PORT_BASE }, env)
  const peers = { serviceUrls: readServiceUrls(portBase, env), identitySecret: config.identitySecret }
  return { ...config, bootstrap: readBootstrap(env), peers }
}

/** All three or none: half a person is a mistake that would show when the platform has nobody to run it. */
function readBootstrap(env: NodeJS.ProcessEnv): Bootstrap | null {
  const read = readVariables(variables, env)
  const { ADMIN_BOOTSTRAP_SUBJECT: subject, ADMIN_BOOTSTRAP_EMAIL: address, ADMIN_BOOTSTRAP_NAME: name } = read
  if (subject !== undefined && address !== undefined && name !== undefined) return { subject, email: address, name }
  if (subject === undefined && address === undefined && name === undefined) return null

  const expected = 'is missing (the three ADMIN_BOOTSTRAP_ variables go together)'
  const given = new Map<string, unknown>(Object.entries(read))
  const missing = Object.keys(variables).filter((variable) => given.get(variable) === undefined)
  throw new ConfigurationError(missing.map((variable) => ({ variable, expected })))
}
