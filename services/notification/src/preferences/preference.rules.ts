/** How somebody can be told. */
export type Channel = 'EMAIL' | 'SMS' | 'PUSH' | 'IN_APP'

/** What somebody can be told about. */
export type Category = 'TRANSACTIONAL' | 'REMINDER' | 'MARKETING'

/** What somebody wants, for one category on one channel. */
export interface Preference {
  readonly category: Category
  readonly channel: Channel
  readonly enabled: boolean
  /** True when it cannot be switched off. */
  readonly mandatory: boolean
}

const CATEGORIES: readonly Category[] = ['TRANSACTIONAL', 'REMINDER', 'MARKETING']
const CHANNELS: readonly Channel[] = ['EMAIL', 'SMS', 'PUSH', 'IN_APP']

/** Whether it cannot be switched off: what people need to know about their money and tickets goes to their e-mail address. */
export function isMandatory(category: Category, channel: Channel): boolean {
  return category === 'TRANSACTIONAL' && channel === 'EMAIL'
}

/** What holds for people who never said anything: all but marketing, which needs consent. */
function isUsual(category: Category): boolean {
  return category !== 'MARKETING'
}

/** Every category on every channel, with the person's own wishes over what is usual. */
export function allPreferences(wishes: readonly Pick<Preference, 'category' | 'channel' | 'enabled'>[]): Preference[] {
  return CATEGORIES.flatMap((category) =>
    CHANNELS.map((channel) => ({
      category,
      channel,
      enabled: isWanted(category, channel, wishes),
      mandatory: isMandatory(category, channel),
    })),
  )
}

/** Whether somebody with these wishes wants to be told about the category on the channel. */
export function isWanted(
  category: Category,
  channel: Channel,
  wishes: readonly Pick<Preference, 'category' | 'channel' | 'enabled'>[],
): boolean {
  if (isMandatory(category, channel)) return true
  const wish = wishes.find((one) => one.category === category && one.channel === channel)
  return wish?.enabled ?? isUsual(category)
}
