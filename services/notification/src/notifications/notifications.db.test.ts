import { newId } from '@tikitu/runtime/ids'
import { aUser, anAdmin, nobody, testService, waitFor, type TestService } from '@tikitu/runtime/testing'
import { BookingCancelled, BookingConfirmed, TicketTransferred } from '@tikitu/schema/events/booking'
import { UserRegistered, UserStatusChanged, UserUpdated } from '@tikitu/schema/events/user'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aCancellation, aConfirmation, aRegistration } from '../../test/build.ts'
import { startMailServer, type MailServer } from '../../test/mail-server.ts'
import { smtpSender } from '../senders/smtp.ts'
import { notificationService } from '../service.ts'

const MINE = `{ myNotifications(first: 50) { edges { node { id channel category template title body status booking { id } readAt } } pageInfo { hasNextPage } } unreadNotificationCount }`

interface Told {
  id: string
  channel: string
  template: string
  title: string
  body: string
  status: string
  booking: { id: string } | null
  readAt: string | null
}

let mail: MailServer
let notification: TestService

beforeAll(async () => {
  mail = await startMailServer()
  notification = await testService(
    notificationService(smtpSender({ smtpUrl: mail.url, mailFrom: 'Tikitu <tickets@example.com>' })),
  )
})
afterAll(() => mail.close())

/** Registers somebody and waits for their welcome, so that a test sees only what it caused. */
async function somebody(facts: Parameters<typeof aRegistration>[0] = {}) {
  const registration = aRegistration(facts)
  await notification.deliver(UserRegistered, registration)
  await waitFor('the welcome', () => mailTo(registration.email).length === 1)
  return { ...registration, identity: aUser({ userId: registration.userId }) }
}

const mailTo = (email: string) => mail.received.filter(({ to }) => to.includes(email))

async function toldTo(userId: string): Promise<Told[]> {
  const { data } = await notification.graph(aUser({ userId }), MINE)
  return data.myNotifications.edges.map(({ node }: { node: Told }) => node)
}

const about = (told: readonly Told[], template: string, channel: string) =>
  told.filter((one) => one.template === template && one.channel === channel)

describe('a buyer', () => {
  it('is told of a confirmed booking by e-mail and on the web site, once, however often the event comes', async () => {
    const buyer = await somebody()
    const confirmation = aConfirmation({ userId: buyer.userId })
    await notification.deliver(BookingConfirmed, confirmation)
    await waitFor(
      'the mail',
      async () => about(await toldTo(buyer.userId), 'booking-confirmed', 'EMAIL')[0]?.status === 'SENT',
    )

    const told = await toldTo(buyer.userId)
    const [onSite] = about(told, 'booking-confirmed', 'IN_APP')
    expect(onSite).toMatchObject({
      title: 'Your tickets for The Winter Musical (K7M2-X9QT)',
      booking: { id: confirmation.bookingId },
    })
    expect(about(told, 'booking-confirmed', 'EMAIL')[0]?.body).toContain('west 1, row 3, seat 12')
    const [, letter] = mailTo(buyer.email)
    expect(letter?.raw).toContain('Subject: Your tickets for The Winter Musical (K7M2-X9QT)')
    expect(letter?.raw).toContain('=C2=A365.00')
  })

  it('is told when a ticket has another holder, who is told too, and of whose booking nothing', async () => {
    const [buyer, claimer] = [await somebody(), await somebody()]
    const { bookingId, eventId, partnerId, event, at } = aCancellation({ userId: buyer.userId })
    const ticket = { ticketId: newId(), bookingId, eventId, partnerId, event, at }
    await notification.deliver(TicketTransferred, { ...ticket, fromUserId: buyer.userId, toUserId: claimer.userId })
    const [given] = about(await toldTo(buyer.userId), 'ticket-transferred', 'IN_APP')
    expect(given).toMatchObject({
      title: 'Your ticket for The Winter Musical has a new holder',
      booking: { id: bookingId },
    })
    const [received] = about(await toldTo(claimer.userId), 'ticket-received', 'IN_APP')
    expect(received).toMatchObject({ title: 'You have a ticket for The Winter Musical', booking: null })
    expect(about(await toldTo(claimer.userId), 'ticket-transferred', 'IN_APP')).toEqual([])
  })

  it('is told of a cancellation and the money that comes back', async () => {
    const buyer = await somebody()
    await notification.deliver(BookingCancelled, aCancellation({ userId: buyer.userId }))
    const [onSite] = about(await toldTo(buyer.userId), 'booking-cancelled', 'IN_APP')
    expect(onSite?.body).toContain('£65.00 is on its way back to you.')
  })

  it('cannot smuggle markup into a mail', async () => {
    const buyer = await somebody({ firstName: '<img src=x onerror=alert(1)>' })
    await notification.deliver(
      BookingCancelled,
      aCancellation({ userId: buyer.userId, reason: '</p><script>alert(1)</script>' }),
    )
    const { rows } = await notification.database.pool.query<{ html: string }>(
      `select html from notifications where user_id = $1 and template = 'booking-cancelled' and channel = 'EMAIL'`,
      [buyer.userId],
    )
    expect(rows[0]?.html).toContain('&lt;img src=x')
    expect(rows[0]?.html).not.toContain('<script>')
    expect(rows[0]?.html).not.toContain('<img')
  })

  it('gets a mail that the server refused at first', async () => {
    const buyer = await somebody()
    mail.refuse = 1
    await notification.deliver(BookingCancelled, aCancellation({ userId: buyer.userId }))
    await waitFor('the failure to be written down', async () => {
      const { rows } = await notification.database.pool.query(
        `select attempts, failure_reason from notifications where user_id = $1 and status = 'PENDING' and attempts = 1`,
        [buyer.userId],
      )
      return rows.length === 1
    })
    // The queue's own clock decides when to try again; the test moves the retry to now, once the queue has planned it.
    await waitFor('the retry to be planned', async () => {
      const { rowCount } = await notification.database.pool.query(
        `update pgboss.job set start_after = now() where name = 'mail.send' and state = 'retry'`,
      )
      return rowCount === 1
    })
    await waitFor(
      'the second attempt',
      async () => about(await toldTo(buyer.userId), 'booking-cancelled', 'EMAIL')[0]?.status === 'SENT',
    )
    expect(mailTo(buyer.email)).toHaveLength(2)
  })

  it('who is suspended gets no mail', async () => {
    const buyer = await somebody()
    await notification.deliver(UserStatusChanged, {
      userId: buyer.userId,
      status: 'SUSPENDED',
      at: new Date().toISOString(),
    })
    await notification.deliver(BookingCancelled, aCancellation({ userId: buyer.userId }))
    expect(about(await toldTo(buyer.userId), 'booking-cancelled', 'EMAIL')[0]?.status).toBe('SUPPRESSED')
    expect(mailTo(buyer.email)).toHaveLength(1)
  })

  it('is written to at the newest address, even when an older change arrives later', async () => {
    const buyer = await somebody()
    const update = { ...aRegistration(), userId: buyer.userId }
    const newest = {
      ...update,
      email: `new-${buyer.userId}@example.com`,
      at: new Date(Date.now() + 1_000).toISOString(),
    }
    await notification.deliver(UserUpdated, newest)
    await notification.deliver(UserUpdated, { ...update, email: `old-${buyer.userId}@example.com` })
    await notification.deliver(BookingCancelled, aCancellation({ userId: buyer.userId }))
    await waitFor('the mail', () => mailTo(newest.email).length === 1)
  })
})

describe('reading', () => {
  it('marks one’s own notifications, and nobody else’s', async () => {
    const buyer = await somebody()
    const [welcome] = about(await toldTo(buyer.userId), 'welcome', 'IN_APP')
    const mark =
      'mutation ($id: ID!) { markNotificationRead(input: { notificationId: $id }) { __typename ... on Notification { status readAt } } }'

    const stranger = await notification.graph(aUser(), mark, { id: welcome?.id })
    expect(stranger.data.markNotificationRead).toEqual({ __typename: 'NotificationNotFound' })
    const nonsense = await notification.graph(buyer.identity, mark, { id: `'; drop table notifications; --` })
    expect(nonsense.data.markNotificationRead).toEqual({ __typename: 'NotificationNotFound' })

    const first = await notification.graph(buyer.identity, mark, { id: welcome?.id })
    expect(first.data.markNotificationRead).toMatchObject({ __typename: 'Notification', status: 'READ' })
    const again = await notification.graph(buyer.identity, mark, { id: welcome?.id })
    expect(again.data.markNotificationRead).toEqual(first.data.markNotificationRead)
    const { data } = await notification.graph(buyer.identity, MINE)
    expect(data.unreadNotificationCount).toBe(0)
  })

  it('marks everything at once', async () => {
    const buyer = await somebody()
    await notification.deliver(BookingCancelled, aCancellation({ userId: buyer.userId }))
    const all = await notification.graph(buyer.identity, 'mutation { markAllNotificationsRead }')
    expect(all.data).toEqual({ markAllNotificationsRead: 2 })
    const again = await notification.graph(buyer.identity, 'mutation { markAllNotificationsRead }')
    expect(again.data).toEqual({ markAllNotificationsRead: 0 })
  })

  it('is for people who are signed in', async () => {
    const { errors } = await notification.graph(nobody(), MINE)
    expect(errors[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('goes page by page, newest first', async () => {
    const buyer = await somebody()
    await notification.deliver(BookingCancelled, aCancellation({ userId: buyer.userId }))
    const query =
      'query ($after: String) { myNotifications(first: 3, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }'
    const first = (await notification.graph(buyer.identity, query)).data.myNotifications
    const second = (await notification.graph(buyer.identity, query, { after: first.pageInfo.endCursor })).data
      .myNotifications
    const ids = [...first.edges, ...second.edges].map(({ node }: { node: { id: string } }) => node.id)
    expect(ids).toHaveLength(4)
    expect(ids).toEqual(ids.toSorted().toReversed())
    expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false])
    const bad = await notification.graph(buyer.identity, query, { after: Buffer.from('["x"]').toString('base64url') })
    expect(bad.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'after' })
  })
})

describe('a look-up from another service', () => {
  const lookUp =
    'query ($who: [_Any!]!) { _entities(representations: $who) { ... on Booking { notifications { template } } ... on Notification { template } ... on User { all: notifications { edges { node { template } } } } } }'

  it('shows what belongs to the caller, and to admins', async () => {
    const buyer = await somebody()
    const cancellation = aCancellation({ userId: buyer.userId })
    await notification.deliver(BookingCancelled, cancellation)
    const [welcome] = about(await toldTo(buyer.userId), 'welcome', 'IN_APP')
    const who = [
      { __typename: 'Booking', id: cancellation.bookingId },
      { __typename: 'Notification', id: welcome?.id },
      { __typename: 'User', id: buyer.userId },
    ]
    const own = await notification.graph(buyer.identity, lookUp, { who })
    expect(own.data._entities[0].notifications).toHaveLength(2)
    expect(own.data._entities[1]).toEqual({ template: 'welcome' })
    expect(own.data._entities[2].all.edges).toHaveLength(4)
    expect((await notification.graph(anAdmin('SUPPORT'), lookUp, { who })).data).toEqual(own.data)

    for (const other of [aUser(), nobody()]) {
      const theirs = await notification.graph(other, lookUp, { who })
      expect(theirs.data._entities).toEqual([{ notifications: [] }, null, { all: { edges: [] } }])
    }
  })

  it('is refused without a signed identity', async () => {
    const answer = await notification.get(null, '/graphql?query={_service{sdl}}')
    expect(answer.status).toBe(401)
  })
})
