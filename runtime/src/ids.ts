import { v7, validate } from 'uuid'

/** A new UUID version 7: unique everywhere, and later ones sort after earlier ones. */
export function newId(): string {
  return v7()
}

/** Whether the text is a UUID of any version, so that a stranger's id never reaches a `uuid` column as a syntax error. */
export function isId(text: string): boolean {
  return validate(text)
}
