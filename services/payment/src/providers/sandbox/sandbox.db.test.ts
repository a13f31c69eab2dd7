import { newId } from '@tikitu/runtime/ids'
import { testDatabase } from '@tikitu/runtime/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { keepsTheContract } from '../../../test/provider-contract.ts'
import type { SandboxProvider } from '../provider.ts'
import { openSandbox } from './sandbox.ts'

let sandbox: SandboxProvider

beforeAll(async () => {
  const { database } = await testDatabase('payment')
  sandbox = openSandbox(database)
})

describe('the sandbox keeps what every provider promises:', () => {
  keepsTheContract(() => ({
    provider: sandbox,
    pay: (ref) => sandbox.confirmIntent(ref, 'tok_success'),
    decline: (ref) => sandbox.confirmIntent(ref, 'tok_declined'),
  }))
})

describe('paying with', () => {
  test.each([
    ['tok_success', 'succeeded', null],
    ['tok_declined', 'failed', 'card_declined'],
    ['tok_insufficient_funds', 'failed', 'insufficient_funds'],
  ])('%s: %s', async (instrument, state, failureCode) => {
    const { ref } = await sandbox.createIntent({ key: `pi:${newId()}`, amount: 1_000, currency: 'EUR' })
    expect(sandbox.instruments).toContain(instrument)
    expect(await sandbox.confirmIntent(ref, instrument)).toMatchObject({ state, failureCode })
  })

  test('anything else is a mistake of ours', async () => {
    const { ref } = await sandbox.createIntent({ key: `pi:${newId()}`, amount: 1_000, currency: 'EUR' })
    await expect(sandbox.confirmIntent(ref, 'tok_gold')).rejects.toThrow('no such instrument')
    await expect(sandbox.confirmIntent('pi_unknown', 'tok_success')).rejects.toThrow('no intent pi_unknown')
  })
})
