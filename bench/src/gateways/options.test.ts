import { expect, it } from 'vitest'
import { readOptions } from './options.ts'

it('without options all is measured', async () => {
  const { gateways, operations, clients, rounds, seconds } = await readOptions([])
  expect(gateways).toEqual(['ours', 'proxy', 'stock', 'stock-jit', 'apollo', 'hive'])
  expect(operations.map(({ name }) => name)).toEqual(['one', 'hops', 'deep', 'new', 'deep-1000'])
  expect({ clients, rounds, seconds }).toEqual({ clients: [1, 16, 64], rounds: 3, seconds: 2 })
})

it.each([
  [['--only', 'ours,nginx'], '--only: nginx is none of ours, proxy, stock, stock-jit, apollo, hive.'],
  [['--operations', 'one,two'], '--operations: two is none of one, hops, deep, new, deep-1000.'],
  [['--clients', '65'], '--clients: expected a whole number from 1 to 64.'],
  [['--rounds', 'many'], '--rounds: expected a whole number from 1 to 100.'],
])('%j is refused', async (args, message) => {
  await expect(readOptions(args)).rejects.toThrow(message)
})
