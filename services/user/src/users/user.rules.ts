/** How much of a user somebody may see: all of it, only how to address and reach them, or not even that they exist. */
export type View = 'ALL' | 'CONTACT' | 'NOTHING'

/** What decides the view. */
export interface Asker {
  /** The user asks about themselves. */
  readonly isSelf: boolean
  readonly isAdmin: boolean
  /** The caller is staff of a partner with whom the user has, or had, a booking. */
  readonly isTheirPartner: boolean
}

/** How much of a user this asker may see. */
export function viewFor({ isSelf, isAdmin, isTheirPartner }: Asker): View {
  if (isSelf || isAdmin) return 'ALL'
  return isTheirPartner ? 'CONTACT' : 'NOTHING'
}

/** What a partner needs to greet a customer at the door and to write to them. */
const CONTACT_FIELDS: ReadonlySet<string> = new Set(['id', 'email', 'firstName', 'lastName'])

/** Whether a field of `User` may be read in this view. A field that is added is private until it is listed here. */
export function mayRead(view: View, field: string): boolean {
  return view === 'ALL' || (view === 'CONTACT' && CONTACT_FIELDS.has(field))
}

/** The earliest date that anybody alive was born on, as far as we are concerned. */
const BORN_SINCE = '1900-01-01'

/** Whether somebody can have been born on this date (ISO 8601): not in the future and not before 1900. */
export function isBirthDate(date: string, at: Date): boolean {
  return date >= BORN_SINCE && date < at.toISOString().slice(0, 10)
}

/** What Cognito said about a user, and when. */
export interface Said {
  readonly email: string | null
  readonly isEmailVerified: boolean
  readonly claimsAt: Date
}

/** What the account should say about its e-mail address: what Cognito said last, however late it reaches us. */
export function newestSaid(known: Said, told: Said): Said {
  return told.claimsAt >= known.claimsAt ? told : known
}

/** What other services keep a copy of. */
export interface Contact {
  readonly email: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly language: string
  readonly timezone: string
}

/** Whether the copies that other services keep are out of date. */
export function contactChanged(before: Contact, after: Contact): boolean {
  return (
    before.email !== after.email ||
    before.firstName !== after.firstName ||
    before.lastName !== after.lastName ||
    before.language !== after.language ||
    before.timezone !== after.timezone
  )
}
