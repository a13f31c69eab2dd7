import { on, type Subscription } from '@tikitu/runtime/events'
import { UserStatusChanged, UserUpdated } from '@tikitu/schema/events/user'
import { rememberRecipient, setRecipientStatus } from './recipients.ts'

/** Keeps our copy of people in step with user. Registration is in `notification.events.ts`, because it also sends a welcome. */
export const recipientSubscriptions: readonly Subscription[] = [
  on(UserUpdated, rememberRecipient),
  on(UserStatusChanged, setRecipientStatus),
]
