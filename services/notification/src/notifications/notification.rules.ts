import { formatMoney, type Money } from '@tikitu/runtime/money'

/** The language of every built-in template, for those whose own we do not have. */
const FALLBACK_LOCALE = 'en'

/** The locales to look for, best first: `de-AT` → `de-AT`, `de`, `en`. */
export function localesFor(language: string): string[] {
  return [...new Set([language, language.split('-')[0] ?? language, FALLBACK_LOCALE])]
}

/** The template in the best of the locales, or null when there is none in any. */
export function bestByLocale<Template extends { readonly locale: string }>(
  templates: readonly Template[],
  locales: readonly string[],
): Template | null {
  for (const locale of locales) {
    const found = templates.find((template) => template.locale === locale)
    if (found) return found
  }
  return null
}

/** Money as the recipient reads it; null stays null. */
export function readableMoney(money: Money | null, language: string): string | null {
  return money && formatMoney(money, language)
}
