/** Where a partner stands with us. */
export type PartnerStatus = 'PENDING' | 'VERIFIED' | 'REJECTED' | 'SUSPENDED'

/** What an admin decides about a partner. */
export type Decision = 'verify' | 'reject' | 'suspend'

/** From which states a decision leads where. Whatever is not here is refused. */
export const TRANSITIONS: Readonly<
  Record<Decision, { readonly from: readonly PartnerStatus[]; readonly to: PartnerStatus }>
> = {
  verify: { from: ['PENDING', 'SUSPENDED'], to: 'VERIFIED' },
  reject: { from: ['PENDING'], to: 'REJECTED' },
  suspend: { from: ['VERIFIED'], to: 'SUSPENDED' },
}

/** What a partner pays us for a sale. */
export interface Terms {
  /** Share of the price; 250 is 2.5 %. */
  readonly basisPoints: number
  /** Added for each ticket, in minor units. */
  readonly fixedPerTicket: number
}

/** Terms of which an admin may name none, one or both. */
export interface NamedTerms {
  readonly basisPoints?: number | null | undefined
  readonly fixedPerTicket?: number | null | undefined
}

/** The terms of a partner that is verified: those named, else those it had, else the default. */
export function termsOnVerification(named: NamedTerms, current: Terms | undefined, initial: Terms): Terms {
  const otherwise = current ?? initial
  return {
    basisPoints: named.basisPoints ?? otherwise.basisPoints,
    fixedPerTicket: named.fixedPerTicket ?? otherwise.fixedPerTicket,
  }
}

/** Whether these are other terms than those in force. */
export function termsDiffer(terms: Terms, current: Terms | undefined): boolean {
  return terms.basisPoints !== current?.basisPoints || terms.fixedPerTicket !== current.fixedPerTicket
}
