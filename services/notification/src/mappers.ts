import type { Notification } from './notifications/notification.sql.ts'

/** A notification as its table has it. */
export interface NotificationSource extends Notification {}
