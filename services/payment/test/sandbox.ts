import { startSandbox } from '@tikitu/local/stripe'
import { createLog } from '@tikitu/runtime/log'
import { afterAll } from 'vitest'
import type { PaymentProvider, SandboxProvider } from '../src/providers/provider.ts'
import { openStripe, type StripeAccount } from '../src/providers/stripe/stripe.ts'

/** What signs the webhooks of tests. */
export const WEBHOOK_SECRET = 'whsec_of_the_tests_0123456789'

const apiKey = 'sk_test_of_the_tests_0123456789'

/** The sandbox of this file's tests, as the service reaches it; what is late there takes a quarter of a second. */
export const sandboxServer = await startSandbox({ file: ':memory:', port: 0, apiKey, lateMilliseconds: 250 })

afterAll(() => sandboxServer.stop())

/** The account at the sandbox, as a service is configured with it. */
export function anAccount(facts: Partial<StripeAccount> = {}): StripeAccount {
  return {
    provider: 'sandbox',
    secretKey: apiKey,
    webhookSecret: WEBHOOK_SECRET,
    origin: sandboxServer.origin,
    timeoutMilliseconds: 5_000,
    returnUrl: 'https://tickets.example.com/paid',
    ...facts,
  }
}

/** A client of the sandbox. */
export function aSandbox(facts: Partial<StripeAccount> = {}): PaymentProvider & SandboxProvider {
  return openStripe(anAccount(facts), createLog('payment', 'silent'))
}

/** Asks the sandbox directly, as an auditor of its books or a buyer would. */
export async function askSandbox(method: 'GET' | 'POST', path: string, form: Record<string, string> = {}) {
  const query = new URLSearchParams(form).toString()
  const response = await fetch(`${sandboxServer.origin}/v1/${path}${method === 'GET' && query ? `?${query}` : ''}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/x-www-form-urlencoded' },
    ...(method === 'POST' ? { body: query } : {}),
  })
  // oxlint-disable-next-line typescript/no-explicit-any -- the shape of an answer is what the test is about
  return (await response.json()) as any
}

/** Every attempt that the sandbox knows of, and what it took and gave back for it, in its own books. */
export async function chargesAtSandbox() {
  const returned = new Map<string, number>()
  for (const { payment_intent, amount, status } of await everything('refunds')) {
    if (status === 'succeeded') returned.set(payment_intent, (returned.get(payment_intent) ?? 0) + amount)
  }
  return (await everything('payment_intents')).map(({ id, status, amount_received }) => ({
    ref: String(id),
    state: String(status),
    taken: Number(amount_received),
    returned: returned.get(id) ?? 0,
  }))
}

async function everything(kind: 'payment_intents' | 'refunds') {
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  const found: any[] = []
  for (let more = true; more;) {
    const after: Record<string, string> = found.length === 0 ? {} : { starting_after: found.at(-1).id }
    const page = await askSandbox('GET', kind, { limit: '100', ...after })
    found.push(...page.data)
    more = page.has_more
  }
  return found
}
