import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { IMAGE_TYPES } from './image.rules.ts'

const shape = z.object({
  /** Under which id the picture will be. */
  imageId: z.uuid(),
  eventId: z.uuid(),
  contentType: z.enum(IMAGE_TYPES),
  /** How large it is said to be, in bytes. */
  bytes: z.int().positive(),
  /** Until when it may be brought, in milliseconds since 1970. */
  until: z.int(),
})

/** What may be uploaded: exactly that, by whoever has the address, until then. */
export type UploadGrant = Readonly<z.infer<typeof shape>>

/** Signs what may be uploaded, and reads it again. */
export interface UploadTokens {
  sign(grant: UploadGrant): string
  /** What was signed; null when we did not sign it. Says nothing about the time. */
  read(token: string): UploadGrant | null
}

/** The tokens under the setting `TICKET_KEY_SECRET`: base64url of the grant, a dot, and its HMAC-SHA-256. */
export function uploadTokens(secret: string): UploadTokens {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'tikitu image uploads', 32))
  const macOf = (body: string) => createHmac('sha256', key).update(body).digest()
  return {
    sign(grant) {
      const body = Buffer.from(JSON.stringify(grant)).toString('base64url')
      return `${body}.${macOf(body).toString('base64url')}`
    },
    read(token) {
      const [body = '', mac = '', rest] = token.split('.')
      const given = Buffer.from(mac, 'base64url')
      const expected = macOf(body)
      if (rest !== undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) return null
      return shape.parse(JSON.parse(Buffer.from(body, 'base64url').toString()))
    },
  }
}
