import { accept, refuse, type Outcome, type Refusal } from '@tikitu/runtime/outcome'

/** What the rules need to know of an admin. */
export interface Standing {
  readonly id: string
  readonly role: 'SUPER_ADMIN' | 'SUPPORT' | 'FINANCE'
  readonly isActive: boolean
}

/** The platform must keep at least one active SUPER_ADMIN. */
export type LastSuperAdmin = Refusal<'LastSuperAdmin'>

/** May this admin stop being an active SUPER_ADMIN, when these are all of them? Somebody who is none always may. */
export function decideStepDown(admin: Standing, superAdmins: readonly Standing[]): Outcome<undefined, LastSuperAdmin> {
  const others = superAdmins.filter(({ id }) => id !== admin.id)
  const isSuperAdmin = others.length < superAdmins.length
  if (!isSuperAdmin || others.length > 0) return accept()
  return refuse('LastSuperAdmin', 'This is the last active SUPER_ADMIN. Make somebody else one first.')
}
