import { settingSubscription } from '@tikitu/runtime/settings'
import type { ServiceDefinition } from '@tikitu/runtime/serve'
import { mailing } from './notifications/mailing.ts'
import { notificationSubscriptions } from './notifications/notification.events.ts'
import { notificationResolvers } from './notifications/notification.resolvers.ts'
import { preferenceResolvers } from './preferences/preference.resolvers.ts'
import { recipientSubscriptions } from './recipients/recipient.events.ts'
import type { MailSender } from './senders/sender.ts'
import { templateResolvers } from './templates/template.resolvers.ts'
import { addBuiltInTemplates } from './templates/templates.ts'

/** Notification's table of contents: who is told what, on which occasion, how. */
export function notificationService(sender: MailSender): ServiceDefinition {
  return {
    name: 'notification',
    resolvers: {
      ...notificationResolvers,
      Query: { ...notificationResolvers.Query, ...preferenceResolvers.Query, ...templateResolvers.Query },
      Mutation: { ...notificationResolvers.Mutation, ...preferenceResolvers.Mutation, ...templateResolvers.Mutation },
    },
    subscriptions: [...notificationSubscriptions, ...recipientSubscriptions, settingSubscription],
    jobs: ({ database }) => [mailing(database, sender)],
    prepare: ({ database }) => addBuiltInTemplates(database),
    release: () => sender.close(),
  }
}
