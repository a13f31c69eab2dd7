import { accept, refuse } from '@tikitu/runtime/outcome'

/** Why a token registers no device. */
export type DeviceTokenProblem = 'UNKNOWN' | 'USED' | 'EXPIRED' | 'REVOKED'

/** A scanner that somebody wants to register. */
export interface Registrable {
  readonly registeredAt: Date | null
  readonly revokedAt: Date | null
  readonly tokenExpiresAt: Date
}

/** May this scanner be registered now? Null is one that there is not, or whose token this is not. */
export function decideRegistration(device: Registrable | null, at: Date) {
  if (device === null) return tokenInvalid('UNKNOWN')
  if (device.revokedAt !== null) return tokenInvalid('REVOKED')
  if (device.registeredAt !== null) return tokenInvalid('USED')
  return at >= device.tokenExpiresAt ? tokenInvalid('EXPIRED') : accept()
}

const SENTENCES: Readonly<Record<DeviceTokenProblem, string>> = {
  UNKNOWN: 'This is not a registration token of ours.',
  USED: 'A device was registered with this token before. Issue another one.',
  EXPIRED: 'This registration token has expired. Issue another one.',
  REVOKED: 'This device was revoked before it was registered.',
}

const tokenInvalid = (reason: DeviceTokenProblem) => refuse('DeviceTokenInvalid', SENTENCES[reason], { reason })
