import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTransport, type SendMailOptions } from 'nodemailer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startMailServer, type MailServer } from './mail-server.ts'
import { openMailbox, type Message, type MessageSummary } from './mailbox.ts'
import { MESSAGE_BYTES_MAX } from './smtp.ts'

let dataDir: string
let server: MailServer

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'tikitu-mail-test-'))
  server = await startMailServer({ dataDir, smtpPort: 0, inboxPort: 0 })
})
afterEach(async () => {
  await server.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const picture = Buffer.from('not really a picture')

function send(mail: SendMailOptions = {}) {
  return createTransport(server.smtpUrl).sendMail({
    from: 'Tikitu <tickets@example.com>',
    to: 'buyer@example.com',
    subject: 'Your tickets: Ärzte & Söhne',
    text: 'Two tickets.',
    html: '<p>Two tickets. <img src="cid:qr@tikitu"></p><script>alert(1)</script>',
    attachments: [{ filename: 'ticket.png', content: picture, cid: 'qr@tikitu', contentType: 'image/png' }],
    ...mail,
  })
}

const get = (path: string) => fetch(server.inboxUrl + path)
const list = async (query = '') => (await (await get(`/messages${query}`)).json()) as MessageSummary[]
const first = async () => (await (await get(`/messages/${(await list())[0]?.id}`)).json()) as Message

describe('receiving', () => {
  it('keeps a message as it was sent', async () => {
    await send()

    expect(await first()).toMatchObject({
      from: 'tickets@example.com',
      to: ['buyer@example.com'],
      subject: 'Your tickets: Ärzte & Söhne',
      text: expect.stringContaining('Two tickets.'),
      html: expect.stringContaining('cid:qr@tikitu'),
      attachments: [{ filename: 'ticket.png', contentType: 'image/png', contentId: 'qr@tikitu', size: picture.length }],
    })
    expect(Date.now() - Date.parse((await first()).receivedAt)).toBeLessThan(60_000)
  })

  it('knows blind copies, and finds what one person got', async () => {
    await send({ bcc: 'archive@example.com' })
    await send({ to: 'rival@example.com' })

    expect(await list('?to=Archive@example.com')).toMatchObject([{ to: ['buyer@example.com', 'archive@example.com'] }])
    expect(await list('?to=rival@example.com')).toHaveLength(1)
    expect(await list('?to=nobody@example.com')).toEqual([])
  })

  it('refuses a message that is too large, and goes on', async () => {
    await expect(send({ text: 'x'.repeat(MESSAGE_BYTES_MAX) })).rejects.toThrow(/552|size/)
    await send()
    expect(await list()).toHaveLength(1)
  })

  it('has its messages again after a restart, newest first', async () => {
    await send({ subject: 'first' })
    await send({ subject: 'second' })
    await server.stop()
    server = await startMailServer({ dataDir, smtpPort: 0, inboxPort: 0 })

    expect((await list()).map(({ subject }) => subject)).toEqual(['second', 'first'])
  })

  it('forgets the oldest when there are too many', async () => {
    const mailbox = await openMailbox(join(dataDir, 'small'), 2)
    for (const subject of ['one', 'two', 'three']) {
      await mailbox.save(Buffer.from(`Subject: ${subject}\r\n\r\n`), { from: 'a@example.com', to: ['b@example.com'] })
    }
    expect(
      mailbox
        .list()
        .map(({ subject }) => subject)
        .toSorted(),
    ).toEqual(['three', 'two'])
    expect(readdirSync(join(dataDir, 'small'))).toHaveLength(2)
  })
})

describe('the inbox', () => {
  it('lists messages, and shows one, with nothing in it that a mail could break out of', async () => {
    await send({ subject: '<script>alert(1)</script>', from: '"<b>" <evil@example.com>' })
    const { id } = await first()
    for (const path of ['/', `/mail/${id}`]) {
      const response = await get(path)
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
      const html = await response.text()
      expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
      expect(html).not.toContain('<script>')
    }
    expect(await (await get(`/mail/${id}`)).text()).toContain(`<iframe sandbox src="/mail/${id}/html"`)
  })

  it('shows the HTML of a mail where it can do nothing, with its pictures inside', async () => {
    await send()
    const response = await get(`/mail/${(await first()).id}/html`)

    expect(response.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/)
    expect(await response.text()).toContain(`src="data:image/png;base64,${picture.toString('base64')}"`)
  })

  it('hands out an attachment as a download, whatever it claims to be', async () => {
    await send({ attachments: [{ filename: 'page.html', content: '<script>1</script>', contentType: 'text/html' }] })
    const response = await get(`/mail/${(await first()).id}/attachments/0`)

    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    expect(response.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''page.html")
    expect(await response.text()).toBe('<script>1</script>')
  })

  it('is emptied for a test that wants it so', async () => {
    await send()
    await fetch(`${server.inboxUrl}/messages`, { method: 'DELETE' })
    expect(await list()).toEqual([])
    expect(readdirSync(dataDir)).toEqual([])
  })

  it.each(['/messages/unknown', '/mail/unknown', '/messages/..%2F..%2Fetc%2Fpasswd', '/nothing'])(
    'has nothing at %s',
    async (path) => {
      expect((await get(path)).status).toBe(404)
    },
  )
})

describe('ports', () => {
  it('are named when they are taken', async () => {
    const smtpPort = Number(new URL(server.smtpUrl).port)
    await expect(startMailServer({ dataDir, smtpPort, inboxPort: 0 })).rejects.toThrow(
      new RegExp(`Port ${smtpPort} \\(SMTP\\).*PORT_BASE`),
    )
  })
})
