import { Fault } from '@tikitu/runtime/fault'
import type { Identity } from '@tikitu/runtime/identity'
import type { GatewayConfig } from '../config.ts'
import type { Charge, ChargeFor } from './budgets.ts'
import type { CostOf } from './cost.ts'
import { operationCheck, type CheckedOperation } from './documents.ts'
import type { GraphqlRequest } from './graphql-request.ts'
import type { RefuseUnderPressure } from './pressure.ts'
import type { TemplateOf } from './template.ts'
import type { TrustedDocuments } from './trusted-documents.ts'

/** An operation that its caller may have executed now. */
export interface AdmittedOperation extends CheckedOperation {
  /** What the caller was charged for it. */
  readonly charge: Charge
}

/**
 * Decides whether a caller may have an operation executed, by whatever way it came: HTTP, a WebSocket or an event stream.
 * Throws a `GraphQLError` or a `Fault` that says why not; one that is `Throttled` when the caller has to wait.
 */
export type Admit = (asked: GraphqlRequest, identity: Identity) => AdmittedOperation

/** The admission by the limits of the configuration. `chargeFor` knows what everybody has spent. */
export function admission(
  config: Pick<GatewayConfig, 'queryLimits' | 'environment'>,
  costOf: CostOf,
  chargeFor: ChargeFor,
  refuseUnderPressure: RefuseUnderPressure,
  { refuseUntrusted }: TrustedDocuments,
  templateOf?: TemplateOf,
): Admit {
  const check = operationCheck(config.queryLimits, costOf, templateOf)
  return (asked, identity) => {
    refuseUntrusted(asked.query)
    const operation = check(asked.query, asked.operationName)
    const { introspects, cost } = operation
    refuseIntrospection(introspects, identity, config)
    refuseUnderPressure(cost.isPriority)
    return { ...operation, charge: chargeFor(identity, cost, asked.variables) }
  }
}

/** Strangers do not get the whole graph at once, except from a developer's machine. */
function refuseIntrospection(
  introspects: boolean,
  { adminRole, partners }: Identity,
  { environment }: Pick<GatewayConfig, 'environment'>,
): void {
  const mayIntrospect = environment !== 'production' || adminRole !== null || partners.length > 0
  if (introspects && !mayIntrospect) {
    throw new Fault('FORBIDDEN', 'The schema is for partners and admins. Sign in as one to read it.')
  }
}
