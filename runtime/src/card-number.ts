/** An id says nothing about a card, however many digits it has. */
const UUID = /([0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})/i

/** Groups of digits, parted by single spaces or dashes as people write them. */
const DIGIT_GROUPS = /\d+(?:[ -]\d+)*/g

/** How long a card number is (ISO/IEC 7812). */
const DIGITS_MIN = 13
const DIGITS_MAX = 19

/** First digits that networks give out. Not 1: the time in milliseconds begins with it, and clients put it into keys. */
const NETWORKS = /^[2-68]/

/** Stands where a card number was. */
export const CARD_REMOVED = '[card number removed]'

/** Whether the text has something in it that could be a card number: by length, network and check digit. */
export function hasCardNumber(text: string): boolean {
  return withoutCardNumbers(text) !== text
}

/** The text with everything that could be a card number taken out. */
export function withoutCardNumbers(text: string): string {
  return text
    .split(UUID)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(DIGIT_GROUPS, withoutCardsInGroups)))
    .join('')
}

function withoutCardsInGroups(run: string): string {
  const groups = [...run.matchAll(/\d+/g)]
  let clean = ''
  let at = 0
  for (let index = 0; index < groups.length;) {
    const last = lastOfCard(groups, index)
    if (last === undefined) {
      index += 1
      continue
    }
    clean += run.slice(at, groups[index]?.index) + CARD_REMOVED
    at = endOf(groups[last])
    index = last + 1
  }
  return clean + run.slice(at)
}

/** The last of the groups of a card number that begins with this one; undefined when none does. */
function lastOfCard(groups: readonly RegExpExecArray[], first: number): number | undefined {
  let digits = ''
  for (let last = first; last < groups.length; last++) {
    digits += groups[last]?.[0] ?? ''
    if (digits.length > DIGITS_MAX) return undefined
    if (isCardNumber(digits)) return last
  }
  return undefined
}

const endOf = (group: RegExpExecArray | undefined) => (group ? group.index + group[0].length : 0)

function isCardNumber(digits: string): boolean {
  return digits.length >= DIGITS_MIN && NETWORKS.test(digits) && weightedSum(digits) % 10 === 0
}

/** Luhn's sum; a number with a right check digit has one that ten divides. */
function weightedSum(digits: string): number {
  return Array.from(digits).reduce((sum, digit, index) => {
    const weighted = Number(digit) * ((digits.length - index) % 2 === 0 ? 2 : 1)
    return sum + (weighted > 9 ? weighted - 9 : weighted)
  }, 0)
}
