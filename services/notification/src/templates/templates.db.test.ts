import { aUser, anAdmin, testService, type TestService } from '@tikitu/runtime/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { startMailServer } from '../../test/mail-server.ts'
import { smtpSender } from '../senders/smtp.ts'
import { notificationService } from '../service.ts'
import { BUILT_IN_TEMPLATES } from './built-in.ts'
import { render, TemplateError } from './render.ts'
import { addBuiltInTemplates } from './templates.ts'

let notification: TestService

beforeAll(async () => {
  const mail = await startMailServer()
  notification = await testService(
    notificationService(smtpSender({ smtpUrl: mail.url, mailFrom: 'Tikitu <tickets@example.com>' })),
  )
  return () => mail.close()
})

const SAVE = `mutation ($input: SaveTemplateInput!) { saveTemplate(input: $input) { __typename ... on NotificationTemplate { id version } ... on TemplateInvalid { part variable } ... on Refusal { message } } }`
const input = {
  name: 'welcome',
  channel: 'IN_APP',
  locale: 'de',
  subject: 'Willkommen',
  body: 'Guten Tag {{ firstName }}.',
}

describe('templates', () => {
  it('that come with the product can be rendered with their samples', () => {
    for (const { name, subject, html, text, sample } of BUILT_IN_TEMPLATES) {
      for (const [channel, body] of [
        ['EMAIL', html],
        ['IN_APP', text],
      ] as const) {
        expect(render({ channel, subject, body }, sample).body, name).not.toBe('')
      }
    }
  })

  it('are there once, however many instances add them', async () => {
    await Promise.all([1, 2, 3, 4].map(() => addBuiltInTemplates(notification.database)))
    const { rows } = await notification.database.pool.query(
      'select count(*)::int as count from templates where version = 1',
    )
    expect(rows).toEqual([{ count: BUILT_IN_TEMPLATES.length * 2 }])
  })

  it('cannot loop without end, read files, or use what they did not declare', () => {
    const text = (body: string) => ({ channel: 'IN_APP', subject: 'x', body }) as const
    expect(() => render(text('{% for i in (1..100000000) %}x{% endfor %}'), {})).toThrow(TemplateError)
    expect(() => render(text('{% include "/etc/passwd" %}'), {})).toThrow(TemplateError)
    expect(() => render(text('{{ secret }}'), {})).toThrow(
      expect.objectContaining({ part: 'body', variable: 'secret' }),
    )
  })

  it('are changed by admins alone', async () => {
    const { errors } = await notification.graph(aUser(), SAVE, { input })
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' })
  })

  it('are refused when they name a variable that there is not, or when there is no such occasion', async () => {
    const wrong = await notification.graph(anAdmin(), SAVE, { input: { ...input, body: 'Guten Tag {{ firstname }}.' } })
    expect(wrong.data.saveTemplate).toMatchObject({
      __typename: 'TemplateInvalid',
      part: 'body',
      variable: 'firstname',
    })
    const unknown = await notification.graph(anAdmin(), SAVE, { input: { ...input, name: `x' or 'x'='x` } })
    expect(unknown.data.saveTemplate).toMatchObject({ __typename: 'TemplateNotFound' })
  })

  it('are not looked for by a name that no template can have', async () => {
    const query = 'query ($name: String) { notificationTemplates(name: $name) { name } }'
    const { errors } = await notification.graph(anAdmin(), query, { name: `refund-sent${String.fromCharCode(0)}` })
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'name' })
  })

  it('grow by a version at a time, also when two admins save at once, and leave an audit record', async () => {
    const saved = await Promise.allSettled([1, 2, 3].map(() => notification.graph(anAdmin(), SAVE, { input })))
    const versions = saved.flatMap((one) =>
      one.status === 'fulfilled' && one.value.data?.saveTemplate ? [one.value.data.saveTemplate.version] : [],
    )
    expect(new Set(versions)).toEqual(new Set([1, 2, 3]))
    expect(await notification.published('audit.recorded')).toHaveLength(3)
  })

  it('have one version more for each key, and another wish under it is refused', async () => {
    const admin = anAdmin()
    const wish = { ...input, locale: 'nl', idempotencyKey: 'the-same-key' }
    const ask = async (facts: object = {}) => {
      const { data, errors } = await notification.graph(admin, SAVE, { input: { ...wish, ...facts } })
      return errors[0]?.extensions['code'] ?? data.saveTemplate
    }
    expect(await ask({ idempotencyKey: 'short' })).toBe('BAD_USER_INPUT')
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask()))
    const first = answers.find((answer) => answer !== 'CONFLICT')
    expect(first).toMatchObject({ __typename: 'NotificationTemplate', version: 1 })
    for (const answer of answers) expect([first, 'CONFLICT']).toContainEqual(answer)
    expect(await ask()).toEqual(first)
    expect(await ask({ subject: 'Welkom' })).toMatchObject({ __typename: 'IdempotencyKeyReused' })
    for (const version of [2, 3]) expect(await ask({ idempotencyKey: null })).toMatchObject({ version })
  })

  it('can be looked at with other variables', async () => {
    const preview = `query ($id: ID!, $variables: JSON) { previewTemplate(templateId: $id, variables: $variables) { subject body } }`
    const { data } = await notification.graph(
      anAdmin(),
      '{ notificationTemplates(name: "refund-sent") { id channel version } }',
    )
    const inApp = data.notificationTemplates.find(({ channel }: { channel: string }) => channel === 'IN_APP')
    const answer = await notification.graph(anAdmin(), preview, { id: inApp.id, variables: { amount: '€1.00' } })
    expect(answer.data.previewTemplate.subject).toBe('Your refund of €1.00 is on its way')
    expect((await notification.graph(anAdmin(), preview, { id: 'nonsense' })).data.previewTemplate).toBeNull()
  })
})

describe('preferences', () => {
  const set = `mutation ($input: SetNotificationPreferenceInput!) { setNotificationPreference(input: $input) { __typename ... on NotificationPreference { enabled } } }`

  it('keep mail about bookings on, and remember everything else', async () => {
    const user = aUser()
    const mandatory = await notification.graph(user, set, {
      input: { category: 'TRANSACTIONAL', channel: 'EMAIL', enabled: false },
    })
    expect(mandatory.data.setNotificationPreference).toEqual({ __typename: 'PreferenceMandatory' })
    const marketing = await notification.graph(user, set, {
      input: { category: 'MARKETING', channel: 'SMS', enabled: true },
    })
    expect(marketing.data.setNotificationPreference).toEqual({ __typename: 'NotificationPreference', enabled: true })
    const { data } = await notification.graph(user, '{ notificationPreferences { category channel enabled } }')
    expect(data.notificationPreferences).toContainEqual({ category: 'MARKETING', channel: 'SMS', enabled: true })
    expect(data.notificationPreferences).toHaveLength(12)
  })
})
