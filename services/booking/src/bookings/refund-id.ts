import { createHash } from 'node:crypto'

/** The id of the one refund of a payment of a booking: whoever asks for it twice asks for the same one. A UUID version 8. */
export function refundIdOf(bookingId: string, paymentId: string): string {
  const digest = createHash('sha256').update(`refund ${bookingId} ${paymentId}`).digest()
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6)
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8)
  return digest.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
