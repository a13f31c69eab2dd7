/** The only codes that leave the system in `errors[].extensions.code`. */
export const FAULT_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'CONFLICT',
  'THROTTLED',
  'UNAVAILABLE',
  'TIMEOUT',
  'INTERNAL',
] as const

/** One of the public fault codes. */
export type FaultCode = (typeof FAULT_CODES)[number]

const STATUS: Readonly<Record<FaultCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
  THROTTLED: 429,
  UNAVAILABLE: 503,
  TIMEOUT: 504,
  INTERNAL: 500,
}

/**
 * Something is broken, or the caller may not be here. Its message is written for the client and leaves
 * the system; what is internal goes into `cause`, which is only logged.
 */
export class Fault extends Error {
  readonly code: FaultCode
  /** Facts for the client, for example the name of the bad field. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: FaultCode, message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'Fault'
    this.code = code
    this.details = options.details ?? {}
  }

  /** The HTTP status of this fault on routes that are not GraphQL. */
  get statusCode(): number {
    return STATUS[this.code]
  }
}

/** Bad input, with the field that is wrong as the client named it: `input.email`. */
export function badInput(field: string, message: string): Fault {
  return new Fault('BAD_USER_INPUT', `${field}: ${message}`, { details: { field } })
}
