export * from '@tikitu/runtime/events/tables'
export { idempotencyKeys } from '@tikitu/runtime/idempotency'
export { platformSettings } from '@tikitu/runtime/settings'

export * from './tables/disputes.ts'
export * from './tables/ledger.ts'
export * from './tables/payments.ts'
export * from './tables/reconciliations.ts'
export * from './tables/settlements.ts'
