import { compile } from 'html-to-text'
import { Liquid } from 'liquidjs'

/** A template with its variables filled in. */
export interface Rendered {
  readonly subject: string
  readonly body: string
}

/** The parts of a template that are Liquid. */
export interface TemplateText {
  readonly channel: 'EMAIL' | 'SMS' | 'PUSH' | 'IN_APP'
  readonly subject: string
  readonly body: string
}

/** A template that cannot be rendered: which part, and the variable that is not there, if that is what is wrong. */
export class TemplateError extends Error {
  readonly part: 'subject' | 'body'
  readonly variable: string | null

  constructor(part: 'subject' | 'body', cause: Error) {
    super(`the ${part} cannot be rendered: ${cause.message}`, { cause })
    this.part = part
    this.variable = /undefined variable: ([\w.]+)/.exec(cause.message)?.[1] ?? null
  }
}

/**
 * What one template may cost: it is written by admins, but a loop in it must not stop the service. Templates cannot
 * include files or other templates.
 */
const LIMITS = { parseLimit: 100_000, renderLimit: 1_000, memoryLimit: 1_000_000 }

const options = {
  ...LIMITS,
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  lenientIf: true,
  templates: {},
}
const plain = new Liquid(options)
const html = new Liquid({ ...options, outputEscape: 'escape' })

/** Fills a template in. Variables are escaped in HTML. Throws a `TemplateError` when a variable is missing or the Liquid is wrong. */
export function render(template: TemplateText, variables: Readonly<Record<string, unknown>>): Rendered {
  const subject = part('subject', plain, template.subject, variables)
  const body = part('body', template.channel === 'EMAIL' ? html : plain, template.body, variables)
  return { subject: subject.replaceAll(/\s+/g, ' ').trim(), body }
}

function part(name: 'subject' | 'body', engine: Liquid, text: string, variables: object): string {
  try {
    return String(engine.parseAndRenderSync(text, variables))
  } catch (error) {
    throw new TemplateError(name, error instanceof Error ? error : new Error(String(error)))
  }
}

/** HTML as people read it who see no HTML. */
export const toPlainText = compile({ wordwrap: false, selectors: [{ selector: 'ul', options: { itemPrefix: '- ' } }] })
