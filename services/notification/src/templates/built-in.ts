import type { Category } from '../preferences/preference.rules.ts'

/** A text that comes with the product: version 1 of its template. Later versions are the admins'. */
export interface BuiltInTemplate {
  readonly name: string
  readonly category: Category
  readonly locale: string
  readonly subject: string
  /** HTML for e-mail. */
  readonly html: string
  /** Text for the list on the web site. */
  readonly text: string
  /** A value for every variable. */
  readonly sample: Readonly<Record<string, unknown>>
}

const EVENT = {
  firstName: 'Ada',
  reference: 'K7M2-X9QT',
  title: 'The Winter Musical',
  startsAt: 'Saturday, 12 December 2026 at 20:00 GMT',
  venueName: 'Villa Park',
  city: 'Birmingham',
}

const WHERE = '<p><strong>{{ title }}</strong><br>{{ startsAt }}<br>{{ venueName }}, {{ city }}</p>'
const HELLO = '<p>Hello{% if firstName %} {{ firstName }}{% endif %},</p>'

/** What is said on each occasion, in English. */
export const BUILT_IN_TEMPLATES: readonly BuiltInTemplate[] = [
  {
    name: 'welcome',
    category: 'TRANSACTIONAL',
    locale: 'en',
    subject: 'Welcome to Tikitu',
    html: `${HELLO}<p>Your account is ready. Your tickets and receipts will come to this address.</p>`,
    text: 'Your account is ready. Your tickets and receipts will come to your e-mail address.',
    sample: { firstName: 'Ada' },
  },
  {
    name: 'booking-confirmed',
    category: 'TRANSACTIONAL',
    locale: 'en',
    subject: 'Your tickets for {{ title }} ({{ reference }})',
    html:
      `${HELLO}<p>Your booking {{ reference }} is confirmed.</p>${WHERE}` +
      '<ul>{% for ticket in tickets %}<li>{{ ticket.ticketType }}{% if ticket.seat %}: {{ ticket.seat }}{% endif %}</li>{% endfor %}</ul>' +
      '<p>Paid: {{ total }}{% if late %}. Your payment came after its deadline, but the seats were still free.{% endif %}</p>' +
      '<p>You find the codes for the door in your account.</p>',
    text: 'Booking {{ reference }} is confirmed: {{ tickets.size }} for {{ title }}, {{ startsAt }}, {{ venueName }}, {{ city }}.',
    sample: {
      ...EVENT,
      tickets: [{ ticketType: 'Balcony', seat: 'west 1, row 3, seat 12' }],
      total: '£65.00',
      late: false,
    },
  },
  {
    name: 'booking-cancelled',
    category: 'TRANSACTIONAL',
    locale: 'en',
    subject: 'Your booking {{ reference }} for {{ title }} is cancelled',
    html:
      `${HELLO}<p>Your booking {{ reference }} is cancelled. Its tickets are no longer valid.</p>${WHERE}` +
      '<p>Reason: {{ reason }}</p>{% if refund %}<p>{{ refund }} is on its way back to you.</p>{% endif %}',
    text: 'Booking {{ reference }} for {{ title }} is cancelled.{% if refund %} {{ refund }} is on its way back to you.{% endif %}',
    sample: { ...EVENT, reason: 'Cancelled by you.', refund: '£65.00' },
  },
  {
    name: 'booking-expired',
    category: 'TRANSACTIONAL',
    locale: 'en',
    subject: 'Your booking {{ reference }} for {{ title }} has expired',
    html: `${HELLO}<p>Your booking {{ reference }} was not paid in time, and its seats are on sale again.</p>${WHERE}`,
    text: 'Booking {{ reference }} for {{ title }} was not paid in time, and its seats are on sale again.',
    sample: EVENT,
  },
  {
    name: 'event-rescheduled',
    category: 'TRANSACTIONAL',
    locale: 'en',
    subject: '{{ title }} has a new date: {{ startsAt }}',
    html:
      `${HELLO}<p>{{ title }} was moved. Your booking {{ reference }} and its tickets are valid on the new date:</p>${WHERE}` +
      '<p>Reason: {{ reason }}</p>' +
      '<p>If you cannot come then, cancel your booking until {{ refundableUntil }}, and you get all your money back.</p>',
    text: '{{ title }} was moved to {{ startsAt }}. Your booking {{ reference }} stays valid; until {{ refundableUntil }} you may cancel it and get all your money back.',
    sample: { ...EVENT, reason: 'The singer is ill.', refundableUntil: 'Saturday, 26 December 2026 at 20:00 GMT' },
  },
  {
    name: 'ticket-transferred',
    category: 'TRANSACTIONAL',
    locale: 'en',
    subject: 'Your ticket for {{ title }} has a new holder',
    html: `${HELLO}<p>Somebody took the ticket that you offered them. Its old code lets nobody in any more.</p>${WHERE}`,
    text: 'Somebody took your ticket for {{ title }} on {{ startsAt }}. Its old code lets nobody in any more.',
    sample: EVENT,
  },
  {
    name: 'ticket-received',
    category: 'TRANSACTIONAL',
    locale: 'en',
    subject: 'You have a ticket for {{ title }}',
    html: `${HELLO}<p>A ticket is yours now. You find it, and the code that lets you in, in your account.</p>${WHERE}`,
    text: 'You have a ticket for {{ title }} on {{ startsAt }}, {{ venueName }}, {{ city }}. Its code is in your account.',
    sample: EVENT,
  },
  {
    name: 'payment-failed',
    category: 'TRANSACTIONAL',
    locale: 'en',
    subject: 'Your payment did not go through',
    html: `${HELLO}<p>A payment was declined ({{ code }}). Your booking is kept until its deadline: please try again in your account.</p>`,
    text: 'A payment was declined ({{ code }}). Your booking is kept until its deadline: please try again.',
    sample: { firstName: 'Ada', code: 'card_declined' },
  },
  {
    name: 'refund-sent',
    category: 'TRANSACTIONAL',
    locale: 'en',
    subject: 'Your refund of {{ amount }} is on its way',
    html: `${HELLO}<p>We have sent {{ amount }} back to where it came from. Banks take up to ten days to show it.</p>`,
    text: 'We have sent {{ amount }} back to where it came from. Banks take up to ten days to show it.',
    sample: { firstName: 'Ada', amount: '£65.00' },
  },
  {
    name: 'partner-verified',
    category: 'TRANSACTIONAL',
    locale: 'en',
    subject: '{{ companyName }} may now sell on Tikitu',
    html: `${HELLO}<p>{{ companyName }} is verified. You can add venues and put events on sale.</p>`,
    text: '{{ companyName }} is verified. You can add venues and put events on sale.',
    sample: { firstName: 'Ada', companyName: 'Albion Arenas' },
  },
]
