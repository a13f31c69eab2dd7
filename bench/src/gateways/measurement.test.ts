import { describe, expect, it } from 'vitest'
import { medianOf, ratioOf, type Measurement } from './measurement.ts'
import { operationNamed } from './operations.ts'
import { figuresOf, tables } from './report.ts'

const measured = (
  gateway: Measurement['gateway'],
  round: number,
  requestsPerSecond: number,
  operation: Measurement['operation']['name'] = 'deep',
): Measurement => ({
  gateway,
  operation: operationNamed(operation),
  clients: 16,
  round,
  requestsPerSecond,
  p50: 5,
  p99: 9,
  gatewayCpu: 1000 / requestsPerSecond,
  subgraphsCpu: 0.5,
  loadShare: 0.1,
})

const ours = { gateway: 'ours', operation: 'deep', clients: 16 } as const
const apollo = { ...ours, gateway: 'apollo' } as const

describe('the rounds of a bench', () => {
  it('come to their middle', () => {
    const rounds = [measured('ours', 1, 900), measured('ours', 2, 10), measured('ours', 3, 1000)]
    expect(medianOf(rounds, ours, 'requestsPerSecond')).toBe(900)
    expect(medianOf(rounds.slice(0, 2), ours, 'requestsPerSecond')).toBe(455)
    expect(medianOf(rounds, apollo, 'requestsPerSecond')).toBeNaN()
  })

  it('are compared with their neighbours, so that a slow round is no slow gateway', () => {
    const rounds = [
      measured('ours', 1, 1000),
      measured('apollo', 1, 200),
      measured('ours', 2, 50),
      measured('apollo', 2, 10),
      measured('ours', 3, 1000),
      measured('apollo', 3, 10),
    ]
    expect(ratioOf(rounds, ours, apollo, 'requestsPerSecond')).toBe(5)
  })
})

describe('the figures', () => {
  it('say what falls short, and leave out what was not measured', () => {
    const rounds = [measured('ours', 1, 400), measured('apollo', 1, 100)]
    const ratios = figuresOf(rounds).filter(({ unit }) => unit === 'x')
    expect(ratios).toEqual([
      expect.objectContaining({ value: 4, goal: { atLeast: 4.5 } }),
      expect.objectContaining({ value: 4, goal: { atLeast: 6 } }),
    ])
  })

  it('compare a row of the long list with a row of the short one', () => {
    const rounds = [measured('ours', 1, 1000), measured('ours', 1, 100, 'deep-1000')]
    const ratios = figuresOf(rounds).filter(({ unit }) => unit === 'x')
    expect(ratios).toEqual([expect.objectContaining({ value: 0.5, goal: { atMost: 1.25 } })])
  })

  it('stand in one table for each load', () => {
    const text = tables([measured('ours', 1, 1000), measured('apollo', 1, 250)])
    expect(text).toContain('deep list of 50 over five subgraphs, 16 clients\n')
    expect(text).toMatch(/^apollo +250 +5\.00 +9\.00 +4\.000 +0\.500 +10 %$/m)
  })
})
