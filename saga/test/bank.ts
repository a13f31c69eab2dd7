import type { Database } from '@tikitu/runtime/database'
import {
  ProviderUnavailable,
  type IntentRefund,
  type Providers,
  type SandboxProvider,
} from '../../services/payment/src/providers/provider.ts'
import { chargesAtSandbox } from '../../services/payment/test/sandbox.ts'

/** A call to the provider, by its name in the port. */
export type Call = Exclude<keyof SandboxProvider, 'instruments'>

const REFUND: Call = 'refundIntent'

/** Is told of every call; what it throws, the caller gets. `after`: it has been done. */
export type Interfere = (call: string, moment: 'before' | 'after') => Promise<void> | void

/** The provider as the payment service reaches it, with everything that can happen on the way. */
export class Bank {
  readonly #calls: string[] = []
  #interferences: Interfere[] = []
  #provider: SandboxProvider | undefined

  /** The provider itself, which nobody comes between: for what its own customers do there. */
  get itself(): SandboxProvider {
    if (!this.#provider) throw new Error('nobody has called the provider yet')
    return this.#provider
  }

  /** How often a call was made. */
  count(call: Call): number {
    return this.#calls.filter((made) => made === call).length
  }

  /** What comes between the service and these providers. */
  between({ sandbox, ...others }: Providers): Providers {
    this.#provider = sandbox
    const around = async (call: string, make: () => unknown): Promise<unknown> => {
      this.#calls.push(call)
      for (const interfere of this.#interferences) await interfere(call, 'before')
      const answer = await make()
      for (const interfere of this.#interferences) await interfere(call, 'after')
      return answer
    }
    return {
      ...others,
      sandbox: new Proxy(sandbox, {
        get: (provider, name: string) => {
          const member: unknown = Reflect.get(provider, name)
          if (typeof member !== 'function') return member
          return (...args: unknown[]) =>
            around(name, () => this.#refusal(name, args) ?? Reflect.apply(member, provider, args))
        },
      }),
    }
  }

  #refusal(call: string, [request]: readonly unknown[]): IntentRefund | undefined {
    if (call !== REFUND || this.#refusals === 0) return undefined
    this.#refusals -= 1
    const ref = `re_${JSON.stringify(request)}`
    return { ref, state: 'failed', failureCode: 'expired_or_canceled_card' }
  }

  /** Interferes from now on. Returns how to stop it. */
  interfere(interference: Interfere): () => void {
    this.#interferences = [...this.#interferences, interference]
    return () => {
      this.#interferences = this.#interferences.filter((other) => other !== interference)
    }
  }

  /** Something happens at the next such call, once. */
  next(call: Call, moment: 'before' | 'after', what: () => Promise<void> | void): void {
    const stop = this.interfere(async (made, when) => {
      if (made !== call || when !== moment) return
      stop()
      await what()
    })
  }

  /** The next such call is done, and its answer never comes. */
  deafAt(call: Call): void {
    this.next(call, 'after', () => {
      throw new ProviderUnavailable('the provider')
    })
  }

  /** The next so many refunds are refused. */
  refusesRefunds(times: number): void {
    this.#refusals = times
  }
  #refusals = 0

  /** No call gets through. Returns how to bring it back. */
  down(): () => void {
    return this.interfere((_call, moment) => {
      if (moment === 'before') throw new ProviderUnavailable('the provider')
    })
  }

  /** Nobody interferes any more. */
  calm(): void {
    this.#interferences = []
    this.#refusals = 0
  }
}

/** What the provider took and gave back, in its own books, by its own name for the attempt. */
export interface Charge {
  readonly ref: string
  readonly state: string
  readonly taken: number
  readonly returned: number
}

/** Every attempt that the provider knows of. */
export function chargesIn(_ours: Database): Promise<Charge[]> {
  return chargesAtSandbox()
}
