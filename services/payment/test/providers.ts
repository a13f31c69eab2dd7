import {
  ProviderUnavailable,
  type IntentRefund,
  type PaymentProvider,
  type SandboxProvider,
} from '../src/providers/provider.ts'

/** A call to a provider, by its name in the port. */
export type Call = Exclude<keyof SandboxProvider, 'instruments' | 'readWebhook'>

/** The same provider, with something done before and after each call; what either throws, the caller gets. */
export function watched(
  provider: SandboxProvider,
  { before, after }: { before?: (call: Call) => unknown; after?: (call: Call) => unknown },
): SandboxProvider {
  const around = async <Answer>(call: Call, made: () => Promise<Answer>): Promise<Answer> => {
    await before?.(call)
    const answer = await made()
    await after?.(call)
    return answer
  }
  return {
    instruments: provider.instruments,
    readWebhook: (bytes, signature) => provider.readWebhook(bytes, signature),
    createIntent: (request) => around('createIntent', () => provider.createIntent(request)),
    fetchIntent: (ref) => around('fetchIntent', () => provider.fetchIntent(ref)),
    intentsSince: (since, after) => around('intentsSince', () => provider.intentsSince(since, after)),
    confirmIntent: (ref, instrument, method) =>
      around('confirmIntent', () => provider.confirmIntent(ref, instrument, method)),
    captureIntent: (ref) => around('captureIntent', () => provider.captureIntent(ref)),
    cancelIntent: (ref) => around('cancelIntent', () => provider.cancelIntent(ref)),
    refundIntent: (request) => around('refundIntent', () => provider.refundIntent(request)),
    fetchRefund: (ref) => around('fetchRefund', () => provider.fetchRefund(ref)),
    fetchDispute: (ref) => around('fetchDispute', () => provider.fetchDispute(ref)),
    disputesSince: (instant) => around('disputesSince', () => provider.disputesSince(instant)),
  }
}

/** The same provider, which does what it is asked the first time and does not answer. */
export function deafOnce(provider: SandboxProvider, call: Call): SandboxProvider {
  let answered = false
  return watched(provider, {
    after: (made) => {
      if (made !== call || answered) return
      answered = true
      throw new ProviderUnavailable('the sandbox')
    },
  })
}

/** The same provider, which refuses so many refunds before it gives one. */
export function refusingRefunds(
  provider: SandboxProvider,
  times: number,
): SandboxProvider & { readonly keys: string[] } {
  const keys: string[] = []
  const refused: IntentRefund = { ref: 're_refused', state: 'failed', failureCode: 'expired_or_canceled_card' }
  const refundIntent: PaymentProvider['refundIntent'] = async (request) => {
    keys.push(request.key)
    return keys.length <= times ? refused : provider.refundIntent(request)
  }
  return { ...provider, refundIntent, keys }
}
