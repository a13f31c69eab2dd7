import type { Message, MessageSummary } from './mailbox.ts'

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
  table { border-collapse: collapse; width: 100% }
  td, th { border-bottom: 1px solid #ddd; padding: .4rem .6rem; text-align: left; vertical-align: top }
  pre { background: #f6f6f6; padding: 1rem; white-space: pre-wrap }
  iframe { border: 1px solid #ddd; height: 40rem; width: 100% }`

/** All messages, newest first; looks again every few seconds. */
export function listPage(messages: readonly MessageSummary[]): string {
  const rows = messages.map(
    ({ id, receivedAt, from, to, subject }) =>
      `<tr><td>${text(receivedAt)}</td><td>${text(from)}</td><td>${text(to.join(', '))}</td>` +
      `<td><a href="/mail/${encodeURIComponent(id)}">${text(subject || '(no subject)')}</a></td></tr>`,
  )
  const table =
    rows.length === 0
      ? '<p>No mail yet. Whatever the system sends arrives here and goes nowhere else.</p>'
      : `<table><tr><th>Received</th><th>From</th><th>To</th><th>Subject</th></tr>${rows.join('')}</table>`
  return document('Inbox', `<h1>Inbox</h1>${table}`, '<meta http-equiv="refresh" content="5">')
}

/** One message: who, what, its text, its HTML in a frame that can do nothing, its files. */
export function messagePage(message: Message): string {
  const { id, receivedAt, from, to, subject, attachments } = message
  const files = attachments.map(
    ({ filename, contentType, content }, index) =>
      `<li><a href="/mail/${encodeURIComponent(id)}/attachments/${index}">${text(filename || 'attachment')}</a> ` +
      `${text(contentType)}, ${content.byteLength} bytes</li>`,
  )
  return document(
    subject,
    [
      '<p><a href="/">Inbox</a></p>',
      `<h1>${text(subject || '(no subject)')}</h1>`,
      `<p>${text(receivedAt)}<br>From ${text(from)}<br>To ${text(to.join(', '))}</p>`,
      message.html ? `<iframe sandbox src="/mail/${encodeURIComponent(id)}/html" title="HTML"></iframe>` : '',
      message.text ? `<pre>${text(message.text)}</pre>` : '',
      files.length > 0 ? `<ul>${files.join('')}</ul>` : '',
    ].join('\n'),
  )
}

/** The HTML of a message with the pictures it carries (`cid:`) put where they are shown: its page may load nothing. */
export function withPicturesInside({ html, attachments }: Message): string {
  const pictures = attachments.filter(({ contentId }) => contentId !== '')
  return pictures.reduce(
    (result, { contentId, contentType, content }) =>
      result.replaceAll(`cid:${contentId}`, `data:${contentType};base64,${Buffer.from(content).toString('base64')}`),
    html,
  )
}

function document(title: string, body: string, head = ''): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${text(title)}</title>${head}<style>${STYLE}</style></head><body>${body}</body></html>`
}

function text(value: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return value.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}
