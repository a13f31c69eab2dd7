/** What Stripe says about a request that it does not carry out. */
interface Complaint {
  /** One of Stripe's types: `invalid_request_error`, `card_error`, `idempotency_error`, `api_error`. */
  readonly type: string
  readonly message: string
  readonly code?: string
  /** Which parameter it is about. */
  readonly param?: string
  /** Why a bank declined. */
  readonly decline_code?: string
  /** The intent that it is about, as it is now. */
  readonly payment_intent?: object
}

/** A refusal in the shape of Stripe's. */
export class StripeError extends Error {
  readonly status: number
  readonly complaint: Complaint
  /** Beside the usual headers of an answer. */
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, complaint: Complaint, headers: Readonly<Record<string, string>> = {}) {
    super(complaint.message)
    this.name = 'StripeError'
    this.status = status
    this.complaint = complaint
    this.headers = headers
  }
}

/** The request is wrong in itself. */
export function invalid(message: string, facts: { readonly code?: string; readonly param?: string } = {}): StripeError {
  return new StripeError(400, { type: 'invalid_request_error', message, ...facts })
}

/** A parameter is wrong, so that nothing was begun: nothing is remembered of it under an idempotency key. */
export class BadParam extends StripeError {
  constructor(message: string, facts: { readonly code?: string; readonly param?: string }) {
    super(400, { type: 'invalid_request_error', message, ...facts })
    this.name = 'BadParam'
  }
}

/** There is no such object. */
export function missing(kind: string, id: string): StripeError {
  const facts = { code: 'resource_missing', param: kind === 'payment_intent' ? 'intent' : kind }
  return new StripeError(404, { type: 'invalid_request_error', message: `No such ${kind}: '${id}'`, ...facts })
}
