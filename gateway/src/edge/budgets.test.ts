import { anonymous, type Identity } from '@tikitu/runtime/identity'
import { describe, expect, it } from 'vitest'
import { extensionsOf, networkOf, openBudgets, Throttled, type CostLimits } from './budgets.ts'

const LIMITS: CostLimits = {
  operationMax: 60,
  anonymous: { points: 40, pointsPerSecond: 4 },
  user: { points: 100, pointsPerSecond: 10 },
  machine: { points: 200, pointsPerSecond: 20 },
  priority: { points: 50, pointsPerSecond: 5 },
}

const stranger = (ip: string): Identity => anonymous('request', ip)
const user = (subject: string): Identity => ({ ...anonymous('request', '192.0.2.1'), kind: 'user', subject })
const machine = (subject: string): Identity => ({ ...user(subject), kind: 'machine', clientId: subject })
const costing = (points: number, isPriority = false) => ({ isPriority, pointsFor: () => points })

const open = () => {
  let at = 0
  const charge = openBudgets(LIMITS, () => at)
  const refusal = (identity: Identity, points: number, isPriority = false): Throttled => {
    try {
      charge(identity, costing(points, isPriority), {})
    } catch (error) {
      if (error instanceof Throttled) return error
      throw error
    }
    throw new Error('it was granted')
  }
  return { charge, refusal, turn: (seconds: number) => (at += seconds * 1000) }
}

describe('a caller', () => {
  it.each([
    ['a stranger', stranger('192.0.2.1'), 40, 4],
    ['a user', user('ada'), 100, 10],
    ['a machine', machine('shop'), 200, 20],
  ])('%s has a budget of its kind', (_, identity, points, restoreRate) => {
    const { charge } = open()
    expect(charge(identity, costing(10), {})).toEqual({ requested: 10, available: points - 10, restoreRate })
  })

  it('who has spent it is told when to come back, and then is served', () => {
    const { charge, refusal, turn } = open()
    charge(user('ada'), costing(60), {})
    charge(user('ada'), costing(35), {})
    const throttled = refusal(user('ada'), 36)
    expect(throttled).toMatchObject({
      code: 'THROTTLED',
      statusCode: 429,
      retryAfterSeconds: 4,
      charge: { requested: 36, available: 5, restoreRate: 10 },
    })
    turn(throttled.retryAfterSeconds)
    expect(charge(user('ada'), costing(36), {})).toMatchObject({ requested: 36 })
  })

  it('is nobody else', () => {
    const { charge, refusal } = open()
    charge(user('ada'), costing(60), {})
    charge(user('ada'), costing(40), {})
    refusal(user('ada'), 1)
    for (const other of [user('bob'), machine('ada'), stranger('192.0.2.1')]) charge(other, costing(40), {})
  })

  it('without a token is the address', () => {
    const { charge, refusal } = open()
    charge(stranger('192.0.2.1'), costing(40), {})
    refusal(stranger('192.0.2.1'), 1)
    charge(stranger('192.0.2.2'), costing(40), {})
  })

  it('who has spent everything can still pay, up to a bound', () => {
    const { charge, refusal, turn } = open()
    charge(user('ada'), costing(60), {})
    charge(user('ada'), costing(40), {})
    refusal(user('ada'), 1)
    expect(charge(user('ada'), costing(30, true), {})).toEqual({ requested: 30, available: 20, restoreRate: 5 })
    expect(refusal(user('ada'), 30, true).retryAfterSeconds).toBe(2)
    turn(2)
    charge(user('ada'), costing(30, true), {})
  })

  it('cannot have what is too dear for anybody, or for its full budget', () => {
    const { charge } = open()
    const tooDear = (cost: number, costMax: number) =>
      expect.objectContaining({ code: 'BAD_USER_INPUT', details: { cost, costMax } })
    expect(() => charge(user('ada'), costing(61), {})).toThrow(tooDear(61, 60))
    expect(() => charge(user('ada'), costing(61), {})).toThrow(/costs 61 points: at most 60 are allowed/)
    expect(() => charge(stranger('192.0.2.1'), costing(41), {})).toThrow(tooDear(41, 40))
    expect(() => charge(user('ada'), costing(51, true), {})).toThrow(tooDear(51, 50))
    expect(charge(user('ada'), costing(60), {})).toMatchObject({ available: 40 })
  })
})

it('the extensions of an answer are JSON', () => {
  const cost = { requested: 3, available: 97, restoreRate: 10 }
  expect(JSON.parse(extensionsOf(cost))).toEqual({ cost })
})

describe('the network of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:0:12::34', '2001:db8:0:12'],
    ['1:2:3::4', '1:2:3:0'],
    ['1::2:3:4:5:6:7', '1:0:2:3'],
    ['::ffff:1:2:3:4', '0:0:0:ffff'],
    ['::1', '0:0:0:0'],
    ['', ''],
    ['not an: address', 'not an: address'],
  ])('of %s is %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network)
  })
})
