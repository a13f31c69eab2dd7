import type { FastifyRequest } from 'fastify'
import { networkOf } from '../edge/budgets.ts'

/** How many connections may stay open. */
export interface PlaceLimits {
  /** In all, of one gateway. */
  readonly max: number
  /** From one address. */
  readonly perAddressMax: number
  /** Of one person or machine. */
  readonly perCallerMax: number
}

/** Counts the connections that stay open. */
export interface Places {
  /** Takes a place for a connection from an address; undefined when there is none. Call the answer when it is over. */
  enter(request: Pick<FastifyRequest, 'ip'>): (() => void) | undefined
  /** The same for a caller who has said who they are. */
  enterAs(subject: string): (() => void) | undefined
}

/** The places of one gateway. */
export function openPlaces({ max, perAddressMax, perCallerMax }: PlaceLimits): Places {
  const taken = new Map<string, number>()
  const take = (name: string, nameMax: number) => {
    const before = taken.get(name) ?? 0
    if (before >= nameMax) return undefined
    taken.set(name, before + 1)
    return once(() => {
      const left = (taken.get(name) ?? 1) - 1
      if (left === 0) taken.delete(name)
      else taken.set(name, left)
    })
  }

  return {
    enter({ ip }) {
      const leave = take('all', max)
      const leaveAddress = leave && take(`address ${networkOf(ip)}`, perAddressMax)
      if (leaveAddress) return () => [leave, leaveAddress].forEach((each) => each())
      leave?.()
      return undefined
    },
    // Somebody without a token is only known by their address.
    enterAs: (subject) => (subject === '' ? () => {} : take(`caller ${subject}`, perCallerMax)),
  }
}

function once(work: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) work()
    isDone = true
  }
}
