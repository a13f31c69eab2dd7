/** What kind of value a setting takes, as the graph names it. */
export type SettingType = 'INTEGER' | 'BOOLEAN' | 'STRING' | 'JSON'

/** What kind of value a setting takes, by its built-in one. */
export function typeOf(initial: unknown): SettingType {
  if (typeof initial === 'number') return 'INTEGER'
  if (typeof initial === 'boolean') return 'BOOLEAN'
  return typeof initial === 'string' ? 'STRING' : 'JSON'
}
