import { setTimeout as pause } from 'node:timers/promises'
import type { Database, Transaction } from '@tikitu/runtime/database'
import { isId } from '@tikitu/runtime/ids'
import { sendJob } from '@tikitu/runtime/jobs'
import { PursuePayment } from '../jobs.ts'
import { withoutCardNumbers } from '@tikitu/runtime/card-number'
import { livePayment } from '../payments/payment.sql.ts'
import {
  cancellationReason,
  insertCancellation,
  insertRequest,
  markRequestCancelled,
  requestExists,
  requestForUpdate,
} from './request.sql.ts'

/** What a booking asks for. */
export interface RequestedPayment {
  readonly bookingId: string
  readonly payerId: string
  readonly partnerId: string
  readonly eventId: string
  readonly amount: number
  readonly currency: string
  readonly commission: number
  readonly deadline: Date
  readonly at: Date
}

/** A booking asks its buyer for money. Asking again changes nothing, and a booking that has given up before stays given up. */
export async function recordRequest(tx: Transaction, { at, ...request }: RequestedPayment): Promise<void> {
  const cancelled = (await cancellationReason(tx, request.bookingId)) !== null
  await insertRequest(tx, { ...request, status: cancelled ? 'CANCELLED' : 'OPEN', requestedAt: at })
}

/** A booking that no longer wants money. */
export interface CancelledRequest {
  readonly bookingId: string
  /** In the words of whoever gave it up. */
  readonly reason: string
  readonly at: Date
}

/**
 * A booking no longer wants money: no attempt may begin, and the open one is ended at the provider. If that has taken
 * the money already, it stays taken, and booking hears of it like of any other payment.
 */
export async function cancelRequest(tx: Transaction, { bookingId, reason, at }: CancelledRequest): Promise<void> {
  const fresh = await insertCancellation(tx, { bookingId, reason: withoutCardNumbers(reason), cancelledAt: at })
  if (!fresh) return
  const request = await requestForUpdate(tx, bookingId)
  if (request?.status !== 'OPEN') return
  await markRequestCancelled(tx, bookingId)
  const live = await livePayment(tx, bookingId)
  if (live) await sendJob(tx, PursuePayment, { paymentId: live.id })
}

/**
 * How long a buyer who is faster than the event of their checkout is made to wait for it, in milliseconds. What the process
 * itself stands still is not counted: the event could not come meanwhile.
 */
const ARRIVAL_MILLISECONDS = 2_000
/** The first pause between two looks, in milliseconds. Every next one is twice as long, up to the longest. */
const LOOK_MILLISECONDS = 5
const LOOK_MILLISECONDS_MAX = 100

/** Waits, outside of any transaction, until the booking has asked for money, but not for long. */
export async function awaitRequest(database: Database, bookingId: string): Promise<void> {
  if (!isId(bookingId)) return
  let wait = LOOK_MILLISECONDS
  for (let waited = 0; waited < ARRIVAL_MILLISECONDS; waited += wait) {
    if (await requestExists(database.orm, bookingId)) return
    await pause(wait)
    wait = Math.min(wait * 2, LOOK_MILLISECONDS_MAX)
  }
}
