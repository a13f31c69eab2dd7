import { IDENTITY_SECONDS, signIdentity, type Identity } from '@tikitu/runtime/identity'
import { LruMap } from '../lru.ts'

/**
 * Signs who is asking, for the services. The answer is the same text for all requests of one identity from one address
 * within some seconds, and of no other: whoever has it may share what is under way.
 */
export type SignIdentity = (identity: Identity) => string

/** Statements that are remembered. */
const STATEMENTS_MAX = 10_000

/** How long a statement is used again, in milliseconds: what is left of its time is enough for any request. */
const USED_MILLISECONDS = (IDENTITY_SECONDS / 3) * 1000

/** A signer that signs the same statement once in a while, because it costs as much as a tenth of a request. */
export function identitySigner(secret: string): SignIdentity {
  const signed = new LruMap<string, Signed>(STATEMENTS_MAX)
  return (identity) => {
    // For one caller mostly, so that the rest is only compared.
    const key = `${identity.signInId ?? identity.subject} ${identity.ip}`
    const known = signed.get(key)
    const now = performance.now()
    if (known && known.until > now && isSameCaller(known.identity, identity)) return known.statement
    const statement = signIdentity(identity, secret)
    signed.set(key, { identity, statement, until: now + USED_MILLISECONDS })
    return statement
  }
}

interface Signed {
  readonly identity: Identity
  readonly statement: string
  /** On the clock of `performance.now()`. */
  readonly until: number
}

/** Whether two identities are told alike to the services, to which everything but the request is told. */
function isSameCaller(one: Identity, other: Identity): boolean {
  return (
    one.subject === other.subject &&
    one.userId === other.userId &&
    one.signInId === other.signInId &&
    one.ip === other.ip &&
    one.kind === other.kind &&
    one.clientId === other.clientId &&
    one.adminRole === other.adminRole &&
    one.incomplete === other.incomplete &&
    isSameList(one.groups, other.groups) &&
    isSameList(one.scopes, other.scopes) &&
    isSameList(one.partners, other.partners, isSamePartner)
  )
}

function isSameList<Item>(
  one: readonly Item[],
  other: readonly Item[],
  isSame: (item: Item, its: Item) => boolean = Object.is,
): boolean {
  if (one === other) return true
  return one.length === other.length && one.every((item, place) => isSame(item, other[place] as Item))
}

type Partner = Identity['partners'][number]

const isSamePartner = (one: Partner, other: Partner) => one.partnerId === other.partnerId && one.role === other.role
