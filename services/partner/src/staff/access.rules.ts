/** What somebody is to a partner. */
export type Role = 'OWNER' | 'MANAGER' | 'SCANNER' | 'MACHINE'

/** Who is asking, as far as partners are concerned. */
export interface Caller {
  /** An active admin of any role. */
  readonly isAdmin: boolean
  /** What the caller is to which partner. */
  readonly roles: ReadonlyMap<string, Role>
}

/** Whether everybody may see the partner. */
export function isPublicPartner(partner: { readonly status: string }): boolean {
  return partner.status === 'VERIFIED'
}

/** Whether the partner exists for the caller: until it is verified, for its own people and admins only. */
export function maySeePartner(caller: Caller, partner: { readonly id: string; readonly status: string }): boolean {
  return isPublicPartner(partner) || belongsTo(caller, partner.id)
}

/** Whether the caller may read what is between us and the partner: its contact, its staff, its terms. */
export function maySeeDetails(caller: Caller, partnerId: string): boolean {
  const role = caller.roles.get(partnerId)
  return caller.isAdmin || (role !== undefined && role !== 'MACHINE')
}

/** Whether the caller may find the venue: an inactive one its partner's own people and admins only. */
export function maySeeVenue(
  caller: Caller,
  venue: { readonly partnerId: string; readonly isActive: boolean },
): boolean {
  return venue.isActive || belongsTo(caller, venue.partnerId)
}

/** Whether the caller may read the partner's seating plans. */
export function maySeePlans(caller: Caller, partnerId: string): boolean {
  return belongsTo(caller, partnerId)
}

/** What the caller may do with a partner's contact, venues and plans: as a stranger, not even know that it may do nothing. */
export function decideManaging(caller: Caller, partnerId: string): 'may' | 'may not' | 'stranger' {
  const role = caller.roles.get(partnerId)
  if (role === 'OWNER' || role === 'MANAGER') return 'may'
  return belongsTo(caller, partnerId) ? 'may not' : 'stranger'
}

function belongsTo(caller: Caller, partnerId: string): boolean {
  return caller.isAdmin || caller.roles.has(partnerId)
}
