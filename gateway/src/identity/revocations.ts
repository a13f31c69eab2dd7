import type { AccessClaims } from '@tikitu/runtime/cognito'
import type { Revocation } from '@tikitu/schema/revocations'
import { LruMap } from '../lru.ts'

/** What a token says about the sign-in that it is from. */
export type SignIn = Pick<AccessClaims, 'subject' | 'signInId' | 'signedInAtSeconds'>

/** Which sign-ins are over and which accounts are closed. */
export interface Revocations {
  /** Whether the sign-in is over, by itself or with all others of the person. Costs two look-ups in memory. */
  isOver(signIn: SignIn): boolean
  /** Whether the account is known to be closed. What is not known here is asked of the user service. */
  isClosed(subject: string): boolean
  /** Takes over what the user service says, and then tells whoever watches the people concerned. */
  take(news: readonly Revocation[]): void
  /**
   * Calls the listener whenever something may have changed for the person: then look whether they still may. Call the
   * answer to have it no longer called.
   */
  watch(subject: string, listener: () => void): () => void
  /** Calls the listener with everybody for whom something has changed, before those who `watch` one person. */
  watchAll(listener: (subjects: ReadonlySet<string>) => void): void
}

/** People, and sign-ins, of whom it is remembered. Of more, whoever was not asked about for longest is forgotten. */
const REMEMBERED_MAX = 100_000

/** An empty memory of revocations, for at most so many people and so many single sign-ins. */
export function rememberRevocations(rememberedMax = REMEMBERED_MAX): Revocations {
  const people = new LruMap<string, { readonly overUntilSeconds: number; readonly isClosed: boolean }>(rememberedMax)
  const signIns = new LruMap<string, string>(rememberedMax)
  const watchers = new Map<string, Set<() => void>>()
  const forAll: ((subjects: ReadonlySet<string>) => void)[] = []

  const remember = ({ subject, signInId, signedOutAt, isClosed }: Revocation) => {
    if (signInId !== null) signIns.set(signInId, subject)
    else if (signedOutAt === null && !isClosed) people.delete(subject)
    else people.set(subject, { overUntilSeconds: secondsOf(signedOutAt), isClosed })
  }

  return {
    isOver({ subject, signInId, signedInAtSeconds }) {
      const person = people.get(subject)
      if (person !== undefined && signedInAtSeconds <= person.overUntilSeconds) return true
      return signInId !== null && signIns.get(signInId) === subject
    },
    isClosed: (subject) => people.get(subject)?.isClosed ?? false,
    take(news) {
      if (news.length === 0) return
      news.forEach(remember)
      const subjects = new Set(news.map(({ subject }) => subject))
      for (const listener of forAll) listener(subjects)
      for (const subject of subjects) watchers.get(subject)?.forEach((listener) => listener())
    },
    watch(subject, listener) {
      const all = watchers.get(subject) ?? new Set()
      watchers.set(subject, all.add(listener))
      return () => {
        all.delete(listener)
        if (all.size === 0 && watchers.get(subject) === all) watchers.delete(subject)
      }
    },
    watchAll: (listener) => void forAll.push(listener),
  }
}

/** Tokens know only seconds, so whoever signs in within the second of the sign-out is taken for one who had before. */
function secondsOf(instant: string | null): number {
  return instant === null ? -Infinity : Math.floor(Date.parse(instant) / 1000)
}
