import { IDENTITY_HEADER, type Identity } from '@tikitu/runtime/identity'
import type { Logger } from '@tikitu/runtime/log'
import type { Caller, Waiting } from '../engine/engine.ts'
import type { SignIdentity } from './signer.ts'

/** The caller of one request. The identity is signed when the first subgraph is called, and once for all of them. */
export function callerOf(identity: Identity, sign: SignIdentity, log: Logger, waiting: Waiting): Caller {
  let statement: string | undefined
  let headers: Record<string, string> | undefined
  const signed = () => (statement ??= sign(identity))
  return {
    identity,
    get key() {
      return signed()
    },
    owner: `${identity.kind} ${identity.subject || (identity.ip ?? '')}`,
    log,
    deadlineAt: waiting.deadlineAt,
    hasLeft: waiting.hasLeft,
    subgraphHeaders: () => (headers ??= { [IDENTITY_HEADER]: signed(), 'x-request-id': identity.requestId }),
  }
}
