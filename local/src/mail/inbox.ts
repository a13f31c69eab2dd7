import { serveLocally, type LocalAnswer, type LocalRequest, type LocalServer } from '../local-http.ts'
import { listPage, messagePage, withPicturesInside } from './inbox-pages.ts'
import type { Mailbox } from './mailbox.ts'

/** A mail may contain anything: it runs no script, loads nothing from anywhere, and belongs to no origin. */
const MAIL_POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
/** Our own pages need nothing but their style and the frame with the mail. */
const PAGE_POLICY = "default-src 'none'; frame-src 'self'; style-src 'unsafe-inline'"

/**
 * Shows the mailbox to people at `/`, and to tests as JSON: `GET /messages?to=…` (newest first, without contents),
 * `GET /messages/<id>`, `DELETE /messages`. Throws `PortTaken`.
 */
export function startInbox({ mailbox, port }: { mailbox: Mailbox; port: number }): Promise<LocalServer> {
  return serveLocally({ port, purpose: 'mail inbox' }, (request) => route(request, mailbox))
}

async function route({ method, url }: LocalRequest, mailbox: Mailbox): Promise<LocalAnswer> {
  const [collection = '', id = '', part = '', index = ''] = url.pathname.slice(1).split('/')
  if (method === 'DELETE' && url.pathname === '/messages') {
    mailbox.clear()
    return { body: [] }
  }
  if (method !== 'GET') return { status: 405, body: { message: 'Method not allowed' } }
  if (collection === '') return page(listPage(mailbox.list()), PAGE_POLICY)
  if (collection === 'readyz') return { body: { status: 'ready' } }
  if (collection === 'messages' && id === '')
    return { body: mailbox.list({ to: url.searchParams.get('to') ?? undefined }) }

  const message = await mailbox.read(id)
  if (!message) return { status: 404, body: { message: 'There is no such message.' } }
  switch (`${collection}/${part}`) {
    case 'messages/': {
      const attachments = message.attachments.map(({ content, ...rest }) => ({ ...rest, size: content.byteLength }))
      return { body: { ...message, attachments } }
    }
    case 'mail/':
      return page(messagePage(message), PAGE_POLICY)
    case 'mail/html':
      return page(withPicturesInside(message), MAIL_POLICY)
    case 'mail/attachments': {
      const attachment = message.attachments[Number(index)]
      if (!attachment) return { status: 404, body: { message: 'There is no such attachment.' } }
      return {
        // Never shown in place: an HTML attachment must not become a page of this origin.
        headers: {
          'content-type': 'application/octet-stream',
          'content-disposition': disposition(attachment.filename),
        },
        body: attachment.content,
      }
    }
    default:
      return { status: 404, body: { message: 'Not found' } }
  }
}

function page(body: string, policy: string): LocalAnswer {
  return { headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }, body }
}

function disposition(filename: string): string {
  return `attachment; filename*=UTF-8''${encodeURIComponent(filename || 'attachment')}`
}
