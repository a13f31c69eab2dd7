import { testService } from '@tikitu/runtime/testing'
import { expect, test } from 'vitest'
import { anOpenPayment, CONFIRM } from '../../test/graph.ts'
import { aSandbox } from '../../test/sandbox.ts'
import { definePayment } from '../service.ts'

test('forty buyers who pay at once, first thing after a start, have all paid', async () => {
  const payment = await testService(definePayment({ provider: 'sandbox' }, () => ({ sandbox: aSandbox() })))
  const open = await Promise.all(Array.from({ length: 40 }, () => anOpenPayment(payment)))
  const answers = await Promise.all(
    open.map(({ buyer, id }) => payment.graph(buyer, CONFIRM, { input: { paymentId: id, instrument: 'tok_success' } })),
  )
  expect(answers.map(({ data }) => data?.confirmPayment.status)).toEqual(open.map(() => 'SUCCEEDED'))
  expect(await payment.published('payment.succeeded')).toHaveLength(40)
})
