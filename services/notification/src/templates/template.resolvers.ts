import { mutate } from '@tikitu/runtime/context'
import { badInput } from '@tikitu/runtime/fault'
import { requireAdmin } from '@tikitu/runtime/identity'
import { isId } from '@tikitu/runtime/ids'
import { language, optionalKey, text, validInput } from '@tikitu/runtime/validate'
import { z } from 'zod'
import type { Resolvers } from '../generated/graphql.ts'
import { TemplateError } from './render.ts'
import { listTemplates, previewTemplate, saveTemplate } from './templates.ts'

const templateName = text(1, 100)

const saveTemplateInput = z.object({
  name: templateName,
  channel: z.enum(['EMAIL', 'SMS', 'PUSH', 'IN_APP']),
  locale: language,
  subject: text(1, 200),
  body: text(1, 50_000),
  idempotencyKey: optionalKey,
})

const previewVariables = z.record(z.string(), z.unknown())

export const templateResolvers: Resolvers = {
  Query: {
    notificationTemplates: (_parent, { name }, context) => {
      requireAdmin(context.identity)
      return listTemplates(context.database, name == null ? null : validInput(templateName, name, 'name'))
    },
    previewTemplate: async (_parent, { templateId, variables }, context) => {
      requireAdmin(context.identity)
      if (!isId(templateId)) return null
      try {
        return await previewTemplate(
          context.database,
          templateId,
          validInput(previewVariables, variables ?? {}, 'variables'),
        )
      } catch (error) {
        if (error instanceof TemplateError) throw badInput('variables', error.message)
        throw error
      }
    },
  },
  Mutation: {
    saveTemplate: (_parent, { input }, context) => {
      requireAdmin(context.identity)
      const template = validInput(saveTemplateInput, input)
      return mutate(context, 'NotificationTemplate', (tx, at) =>
        saveTemplate(tx, { ...template, identity: context.identity, at }),
      )
    },
  },
}
