import { Fault } from '@tikitu/runtime/fault'
import { IDENTITY_HEADER, serviceIdentity, signIdentity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import type { Logger } from '@tikitu/runtime/log'
import { timeoutSignal } from '@tikitu/runtime/timeout'
import { revocationPage, REVOCATIONS_PATH, type Revocation } from '@tikitu/schema/revocations'

/** How the user service is asked for revocations. */
export interface FeedOptions {
  /** The origin of the user service. */
  readonly url: string
  readonly identitySecret: string
  /** How long it is waited between two questions, in milliseconds. */
  readonly pollMilliseconds: number
  /** How long the service may take for an answer, in milliseconds. */
  readonly timeoutMilliseconds: number
  /** Given what is new, in its order. */
  readonly take: (news: readonly Revocation[]) => void
  readonly log: Logger
}

/** A gateway that follows the revocations. */
export interface Feed {
  /** Resolves when all there is was taken for the first time, or when the service did not answer the first time. */
  readonly begun: Promise<void>
  stop(): void
}

/**
 * Asks the user service again and again what was revoked since it was asked last: one question at a time, whatever the
 * number of callers. While the service is away nothing new is learnt; what was missed is told when it is back.
 */
export function followRevocations(options: FeedOptions): Feed {
  const { pollMilliseconds, take, log } = options
  const ending = new AbortController()
  let cursor: string | undefined
  let isAway = false
  let timer: NodeJS.Timeout | undefined

  const catchUp = async () => {
    for (let hasMore = true; hasMore && !ending.signal.aborted;) {
      const page = await askAfter(cursor, options, ending.signal)
      take(page.revocations)
      ;({ cursor, hasMore } = page)
    }
  }
  const poll = async () => {
    try {
      await catchUp()
      if (isAway) log.info('revocations are heard of again')
      isAway = false
    } catch (error) {
      if (ending.signal.aborted) return
      // Once, and not four times a second.
      if (!isAway) log.warn({ err: error }, 'nothing is heard of revocations; those that are known stay in force')
      isAway = true
    }
    if (!ending.signal.aborted) timer = setTimeout(() => void poll(), pollMilliseconds)
  }

  return {
    begun: poll(),
    stop: () => {
      clearTimeout(timer)
      ending.abort()
    },
  }
}

async function askAfter(
  cursor: string | undefined,
  { url, identitySecret, timeoutMilliseconds }: FeedOptions,
  ended: AbortSignal,
) {
  const requestId = newId()
  const response = await fetch(`${url}${REVOCATIONS_PATH}${cursor === undefined ? '' : `?after=${cursor}`}`, {
    headers: {
      [IDENTITY_HEADER]: signIdentity(serviceIdentity('gateway', requestId), identitySecret),
      'x-request-id': requestId,
    },
    signal: AbortSignal.any([ended, timeoutSignal(timeoutMilliseconds)]),
    redirect: 'error',
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Fault('UNAVAILABLE', `status ${response.status}`)
  }
  return revocationPage.parse(await response.json())
}
