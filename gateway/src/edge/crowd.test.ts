import { beforeEach, describe, expect, it } from 'vitest'
import { Crowd } from './crowd.ts'

let now = 0
let crowd: Crowd
beforeEach(() => {
  now = 1_000
  crowd = new Crowd({ waitMilliseconds: 2_000, min: 100 }, () => now)
})

const enter = (count: number) => Array.from({ length: count }, () => crowd.enter())
const isRefused = (isPriority = true) => crowd.comeAgainIn(isPriority) !== undefined
const retryAfter = () => crowd.comeAgainIn(true) ?? NaN
/** So many are answered in each of some seconds, with always as many under way. */
const serve = (perSecond: number, seconds = 5) => {
  for (let step = 0; step < seconds * 10; step++) {
    now += 100
    for (const leave of enter(perSecond / 10)) leave()
    isRefused()
  }
}

describe('a crowd', () => {
  it('is let in to the minimum, and what has no priority to half of it', () => {
    enter(49)
    expect(isRefused(false)).toBe(false)
    enter(1)
    expect(isRefused(false)).toBe(true)
    expect(isRefused()).toBe(false)
    enter(50)
    expect(isRefused()).toBe(true)
  })

  it('is let in again when somebody is done, who is done once', () => {
    const [leave] = enter(100)
    leave!()
    leave!()
    expect(isRefused()).toBe(false)
    enter(1)
    expect(isRefused()).toBe(true)
  })

  it('has as many places as are served within the wait', () => {
    enter(100)
    serve(500)
    enter(880)
    expect(isRefused()).toBe(false)
    enter(120)
    expect(isRefused()).toBe(true)
  })

  it('is told to come again one after the other, as quickly as it is served, and not after a minute', () => {
    enter(1_100)
    serve(500)
    const seconds = Array.from({ length: 2_000 }, retryAfter)
    expect(seconds[0]).toBeLessThanOrEqual(2)
    expect(seconds.at(-1)).toBeGreaterThanOrEqual(4)
    expect(seconds.at(-1)).toBeLessThanOrEqual(7)
    expect(Math.max(...Array.from({ length: 50_000 }, retryAfter))).toBe(60)
  })

  it('has its minimum again when nobody was answered for long', () => {
    enter(100)
    serve(500)
    now += 60_000
    expect(isRefused()).toBe(true)
  })

  it('has as many places after a quiet time as when it was served last, and is told as short a time', () => {
    const before = enter(100)
    serve(500)
    for (const leave of before) leave()
    serve(10, 3_600)
    enter(980)
    expect(isRefused()).toBe(false)
    enter(100)
    expect(Math.max(...Array.from({ length: 500 }, retryAfter))).toBeLessThanOrEqual(2)
  })

  it('is measured though it comes and goes', () => {
    enter(49)
    for (let step = 0; step < 2_000; step++) {
      const some = enter(5)
      now += 1
      for (const leave of some) leave()
      isRefused()
    }
    enter(4_900)
    expect(isRefused(false)).toBe(false)
  })

  it('is told to come again within moments before it is known how quickly it is served', () => {
    now += 3_600_000
    enter(100)
    expect(Math.max(...Array.from({ length: 60 }, retryAfter))).toBeLessThanOrEqual(3)
  })

  it('is not told what was believed of the rate before it was known', () => {
    enter(100)
    for (let person = 0; person < 3_000; person++) retryAfter()
    serve(1_500, 1)
    enter(3_000)
    expect(retryAfter()).toBeLessThanOrEqual(3)
  })
})
