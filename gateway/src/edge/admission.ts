import { Fault } from '@tikitu/runtime/fault'
import type { Identity } from '@tikitu/runtime/identity'
import type { GatewayConfig } from '../config.ts'
import { operationCheck, type CheckedOperation } from './documents.ts'
import type { GraphqlRequest } from './graphql-request.ts'

/**
 * Decides whether a caller may have an operation executed, by whatever way it came: HTTP, a WebSocket or an event stream.
 * Throws a `GraphQLError` or a `Fault` that says why not.
 */
export type Admit = (asked: GraphqlRequest, identity: Identity) => CheckedOperation

/** The admission by the limits of the configuration. */
export function admission(config: Pick<GatewayConfig, 'queryLimits' | 'environment'>): Admit {
  const check = operationCheck(config.queryLimits)
  return (asked, identity) => {
    const operation = check(asked.query, asked.operationName)
    refuseIntrospection(operation, identity, config)
    return operation
  }
}

/** Strangers do not get the whole graph at once, except from a developer's machine. */
function refuseIntrospection(
  { introspects }: CheckedOperation,
  { adminRole, partners }: Identity,
  { environment }: Pick<GatewayConfig, 'environment'>,
): void {
  const mayIntrospect = environment !== 'production' || adminRole !== null || partners.length > 0
  if (introspects && !mayIntrospect) {
    throw new Fault('FORBIDDEN', 'The schema is for partners and admins. Sign in as one to read it.')
  }
}
