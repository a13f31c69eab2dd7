import type { Revocation } from '@tikitu/schema/revocations'
import { describe, expect, it } from 'vitest'
import { rememberRevocations } from './revocations.ts'

const at = (second: number, millisecond = 0) => new Date(second * 1000 + millisecond).toISOString()
const about = (facts: Partial<Revocation>): Revocation => ({
  subject: 'ada',
  signInId: null,
  signedOutAt: null,
  isClosed: false,
  ...facts,
})
const signIn = (signedInAtSeconds: number, signInId: string | null = 'phone', subject = 'ada') => ({
  subject,
  signInId,
  signedInAtSeconds,
})

describe('a sign-in', () => {
  it('is not over before anything is said', () => {
    expect(rememberRevocations().isOver(signIn(1))).toBe(false)
  })

  it('is over with all others of the person up to the second, and with nobody else’s', () => {
    const { take, isOver } = rememberRevocations()
    take([about({ signedOutAt: at(100, 400) })])
    expect([99, 100, 101].map((second) => isOver(signIn(second)))).toEqual([true, true, false])
    expect(isOver(signIn(99, null))).toBe(true)
    expect(isOver(signIn(99, 'phone', 'bob'))).toBe(false)
  })

  it('is over alone, whenever it began', () => {
    const { take, isOver } = rememberRevocations()
    take([about({ signInId: 'phone', signedOutAt: at(100) })])
    expect(isOver(signIn(99))).toBe(true)
    expect(isOver(signIn(99, 'laptop'))).toBe(false)
    expect(isOver(signIn(99, null))).toBe(false)
  })

  it('is not over because somebody else says so', () => {
    const { take, isOver } = rememberRevocations()
    take([about({ subject: 'eve', signInId: 'phone', signedOutAt: at(100) })])
    expect(isOver(signIn(99))).toBe(false)
  })
})

describe('an account', () => {
  it('is closed until it is said to be open, and its sign-ins are not over for that', () => {
    const { take, isOver, isClosed } = rememberRevocations()
    take([about({ isClosed: true })])
    expect([isClosed('ada'), isClosed('bob'), isOver(signIn(1))]).toEqual([true, false, false])
    take([about({})])
    expect(isClosed('ada')).toBe(false)
  })

  it('that is opened again keeps ended what was', () => {
    const { take, isOver, isClosed } = rememberRevocations()
    take([about({ isClosed: true, signedOutAt: at(100) }), about({ signedOutAt: at(100) })])
    expect([isClosed('ada'), isOver(signIn(100))]).toEqual([false, true])
  })
})

describe('what is remembered', () => {
  it('is bounded, and the last to go is who was asked about', () => {
    const { take, isOver } = rememberRevocations(3)
    take(['a', 'b', 'c'].map((subject) => about({ subject, signedOutAt: at(100) })))
    expect(isOver(signIn(1, null, 'a'))).toBe(true)
    take([about({ subject: 'd', signedOutAt: at(100) })])
    const over = (subject: string) => isOver(signIn(1, null, subject))
    expect(['a', 'b', 'c', 'd'].map(over)).toEqual([true, false, true, true])
  })

  it('is bounded for single sign-ins too', () => {
    const { take, isOver } = rememberRevocations(2)
    take(['x', 'y', 'z'].map((signInId) => about({ signInId, signedOutAt: at(100) })))
    expect(['x', 'y', 'z'].map((id) => isOver(signIn(1, id)))).toEqual([false, true, true])
  })
})

describe('who watches a person', () => {
  it('is told of changes for that person, after they are in force, until they no longer want to be', () => {
    const { take, watch, isClosed } = rememberRevocations()
    const seen: boolean[] = []
    const unwatch = watch('ada', () => seen.push(isClosed('ada')))
    take([about({ subject: 'bob', isClosed: true })])
    take([about({ isClosed: true }), about({ signInId: 'phone', signedOutAt: at(1) })])
    expect(seen).toEqual([true])
    unwatch()
    take([about({})])
    expect(seen).toEqual([true])
  })

  it('may be many, and may stop while being told', () => {
    const { take, watch } = rememberRevocations()
    const seen: string[] = []
    const unwatch = watch('ada', () => {
      seen.push('first')
      unwatch()
    })
    watch('ada', () => seen.push('second'))
    take([about({ isClosed: true })])
    take([about({})])
    expect(seen).toEqual(['first', 'second', 'second'])
  })
})
