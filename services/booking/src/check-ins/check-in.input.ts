import { text } from '@tikitu/runtime/validate'
import { z } from 'zod'
import { credential } from '../devices/device.input.ts'
import { CHECK_IN_REASONS, SCAN_DIRECTIONS } from '../tables.ts'

/** Whatever a scanner read; no code of ours is longer than a few hundred characters. */
export const code = z.string().max(1_000, 'must have at most 1000 characters')

/** The credential of a device, if one stands at the door. */
export const device = credential.nullish()

const scan = {
  code,
  nonce: z.string().regex(/^[\x21-\x7e]{1,100}$/, 'must be 1 to 100 printable characters without spaces'),
  gate: text(1, 100),
  direction: z.enum(SCAN_DIRECTIONS),
}

/** What `checkIn` takes. */
export const checkInInput = z.object({ eventId: z.string(), ...scan, device })

/** Scans in one upload: with codes and nonces as long as ours, a third of what a request may be. */
const SCANS_MAX = 500

/** What `uploadScans` takes. */
export const uploadInput = z.object({
  eventId: z.string(),
  scans: z
    .array(z.object({ ...scan, scannedAt: z.date(), refusedFor: z.enum(CHECK_IN_REASONS).nullish() }))
    .min(1, 'must not be empty')
    .max(SCANS_MAX, `must have at most ${SCANS_MAX} scans`),
  device,
})
