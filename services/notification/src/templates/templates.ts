import { actorOf, recordAudit } from '@tikitu/runtime/audit'
import type { Database, Transaction } from '@tikitu/runtime/database'
import { onceIfKeyed } from '@tikitu/runtime/idempotency'
import type { Identity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accept, refuse } from '@tikitu/runtime/outcome'
import type { Channel } from '../preferences/preference.rules.ts'
import { BUILT_IN_TEMPLATES } from './built-in.ts'
import { render, TemplateError, type Rendered } from './render.ts'
import {
  anyVersion,
  insertMissing,
  insertTemplate,
  lockVersions,
  newestTemplates,
  newestVersion,
  templateById,
  type Template,
} from './template.sql.ts'

/** Makes sure that every built-in template is there. Changes nothing that is. */
export async function addBuiltInTemplates({ orm }: Database): Promise<void> {
  const rows = BUILT_IN_TEMPLATES.flatMap(({ html, text, sample, ...template }) => {
    const shared = { ...template, version: 1, variables: Object.keys(sample), sample: { ...sample } }
    return [
      { ...shared, id: newId(), channel: 'EMAIL' as const, body: html },
      { ...shared, id: newId(), channel: 'IN_APP' as const, body: text },
    ]
  })
  await insertMissing(orm, rows)
}

/** The newest version of every template, or of those of one name. */
export async function listTemplates({ orm }: Database, name: string | null): Promise<Template[]> {
  return newestTemplates(orm, name)
}

/** What a version would say with these variables over its own sample; null when there is none. */
export async function previewTemplate(
  { orm }: Database,
  id: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<Rendered | null> {
  const template = await templateById(orm, id)
  return template && render(template, { ...template.sample, ...variables })
}

/** Somebody wants a template to say something else. */
interface TemplateWish {
  readonly identity: Identity
  readonly name: string
  readonly channel: Channel
  readonly locale: string
  readonly subject: string
  readonly body: string
  /** Under which it is done once; null when each time is another version. */
  readonly idempotencyKey: string | null
  readonly at: Date
}

/** Adds a version to a template, if it can be rendered with the template's own sample. */
export async function saveTemplate(tx: Transaction, command: TemplateWish) {
  const { identity, name, channel, locale, subject, body, idempotencyKey: key } = command
  const request = { name, channel, locale, subject, body }
  const outcome = await onceIfKeyed(tx, { caller: actorOf(identity).id, key, operation: 'saveTemplate', request }, () =>
    saveOnce(tx, command),
  )
  if (!outcome.ok) return outcome
  const template = await templateById(tx, outcome.value.id)
  if (!template) throw new Error(`version ${outcome.value.id} of a template was saved and is not there`)
  return accept(template)
}

async function saveOnce(tx: Transaction, command: TemplateWish) {
  const { identity, name, channel, locale, subject, body, at } = command
  const model = await anyVersion(tx, name, channel)
  if (!model) return refuse('TemplateNotFound', 'There is no template of this name on this channel.', { name })
  const problem = problemOf({ channel, subject, body }, model.sample)
  if (problem) return refuse('TemplateInvalid', problem.message, { part: problem.part, variable: problem.variable })

  await lockVersions(tx, name, channel, locale)
  const version = (await newestVersion(tx, name, channel, locale)) + 1
  const { category, variables, sample } = model
  const template = {
    id: newId(),
    name,
    channel,
    locale,
    version,
    category,
    subject,
    body,
    variables,
    sample,
    createdAt: at,
  }
  await insertTemplate(tx, template)
  const resource = { type: 'NotificationTemplate', id: template.id }
  await recordAudit(tx, identity, {
    action: 'saveTemplate',
    resource,
    after: { name, channel, locale, version, subject, body },
    at,
  })
  return accept(template)
}

function problemOf(
  text: { channel: Channel; subject: string; body: string },
  sample: Record<string, unknown>,
): TemplateError | null {
  try {
    render(text, sample)
    return null
  } catch (error) {
    if (error instanceof TemplateError) return error
    throw error
  }
}
