import { catchUp } from '../../scripts/src/catch-up.ts'
import type { System } from './system.ts'

/** Tells a restored service what it has forgotten, as whoever restores it does. */
export async function tellForgotten(
  { booking, payment, made }: System,
  service: 'booking' | 'payment',
  moment: string,
): Promise<void> {
  const urls = { booking: made.booking.url, payment: made.payment.url }
  for await (const { error } of catchUp({ service, moment: new Date(moment), urls })) if (error) throw error
  // A relay with nothing to do looks every few seconds; a new one at once.
  const peer = service === 'booking' ? payment : booking
  await peer.stop()
  await peer.start()
}
