import { IDENTITY_HEADER, signIdentity, type Identity } from '@tikitu/runtime/identity'
import type { Logger } from '@tikitu/runtime/log'
import type { Caller, Waiting } from '../engine/engine.ts'

/** The caller of one request. The identity is signed when the first subgraph is called, and once for all of them. */
export function callerOf(identity: Identity, identitySecret: string, log: Logger, waiting: Waiting): Caller {
  let headers: Record<string, string> | undefined
  let key: string | undefined
  return {
    identity,
    get key() {
      return (key ??= JSON.stringify({ ...identity, requestId: undefined }))
    },
    log,
    deadlineAt: waiting.deadlineAt,
    hasLeft: waiting.hasLeft,
    subgraphHeaders: () => {
      headers ??= { [IDENTITY_HEADER]: signIdentity(identity, identitySecret), 'x-request-id': identity.requestId }
      return headers
    },
  }
}
