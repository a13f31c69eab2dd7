import { describe, expect, it } from 'vitest'
import { BadResponse, TooLarge } from './response-body.ts'
import { ResponseReader, type Response } from './response.ts'

/** What comes of these bytes, in pieces of so many. */
function read(text: string, pieceBytes = text.length, bytesMax = 100): Response | undefined {
  const reader = new ResponseReader(bytesMax)
  // All pieces come in the same buffer, as they do from a connection.
  const scratch = Buffer.alloc(pieceBytes)
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const length = bytes.copy(scratch, 0, at, at + pieceBytes)
    const response = reader.read(scratch.subarray(0, length))
    if (response) return response
    scratch.fill('?')
  }
  return reader.end()
}

const OK = 'HTTP/1.1 200 OK\r\n'

describe('an answer', () => {
  it.each([
    ['of a known length', `${OK}Content-Length: 5\r\n\r\nhällo`.replace('ä', 'e')],
    ['whose length is said twice alike', `${OK}content-length: 5\r\nContent-Length:5 \r\n\r\nhello`],
    ['in chunks', `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n02;a=b\r\nlo\r\n0\r\n\r\n`],
    [
      'in chunks with headers behind them',
      `${OK}transfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\nX-A: b\r\nX-C: d\r\n\r\n`,
    ],
    ['that lasts until the end', `${OK}Content-Type: text/plain\r\n\r\nhello`],
    ['after another that is none', `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}Content-Length: 5\r\n\r\nhello`],
    ['without a reason', `HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello`],
  ])('%s is the same in pieces of any size', (_, text) => {
    for (let pieceBytes = 1; pieceBytes <= text.length; pieceBytes++) {
      const { status, body } = read(text, pieceBytes) ?? {}
      expect([status, String(body)], `pieces of ${pieceBytes}`).toEqual([200, 'hello'])
    }
  })

  it.each([204, 304])('has no body when it is a %i', (status) => {
    expect(read(`HTTP/1.1 ${status} X\r\n\r\n`)).toMatchObject({ status, body: Buffer.alloc(0) })
  })

  it.each([
    ['before its head', 'HTTP/1.1 20'],
    ['before its length', `${OK}Content-Length: 5\r\n\r\nhell`],
    ['before its last chunk', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`],
    ['within its last chunk', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n`],
  ])('is none when it ends %s', (_, text) => {
    expect(read(text)).toBeUndefined()
  })

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n\r\n\r\n'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a status that there is not', 'HTTP/1.1 999 OK\r\n\r\n'],
    ['a change of the protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['two lengths', `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
    ['a length that is no number', `${OK}Content-Length: 5, 5\r\n\r\nhello`],
    ['a length and chunks', `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`],
    ['another encoding', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    ['a chunk without a size', `${OK}Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n`],
    ['a chunk of a negative size', `${OK}Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n`],
    ['a chunk that is longer than it said', `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n`],
    ['a line without an end', `${OK}Transfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(5_000)}`],
    ['a head without an end', `${OK}X: ${'a'.repeat(20_000)}`],
  ])('is none with %s', (_, text) => {
    expect(() => read(text)).toThrow(BadResponse)
    expect(() => read(text, 7)).toThrow(BadResponse)
  })

  it.each([
    ['a length', `${OK}Content-Length: 101\r\n\r\n`],
    ['a chunk', `${OK}Transfer-Encoding: chunked\r\n\r\n65\r\n${'a'.repeat(101)}`],
    ['many chunks', `${OK}Transfer-Encoding: chunked\r\n\r\n${'1\r\na\r\n'.repeat(101)}`],
    ['everything until the end', `${OK}\r\n${'a'.repeat(101)}`],
  ])('is too large by %s', (_, text) => {
    expect(() => read(text)).toThrow(TooLarge)
    expect(read(text.replace('101', '100').replace(/a$/, ''), 9, 102)).not.toBeInstanceOf(Error)
  })
})

describe('the connection may be used again', () => {
  const after = (more: string, rest = '') =>
    read(`${OK}Content-Length: 2\r\n${more}\r\n{}${rest}`)?.reusableMilliseconds

  it('for four seconds, or one less than the other side says', () => {
    expect(after('')).toBe(4_000)
    expect(after('Connection: keep-alive\r\nKeep-Alive: timeout=72\r\n')).toBe(71_000)
    expect(after('Keep-Alive: max=5, timeout=1\r\n')).toBe(0)
  })

  it('not when the other side closes it, speaks HTTP/1.0, or says more than it was asked', () => {
    expect(after('Connection: close\r\n')).toBe(0)
    expect(after('Keep-Alive: timeout=72\r\nConnection: Close\r\n')).toBe(0)
    expect(after('', 'HTTP/1.1 200 OK\r\n')).toBe(0)
    expect(read('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}')?.reusableMilliseconds).toBe(0)
    expect(read(`${OK}\r\n{}`)?.reusableMilliseconds).toBe(0)
  })
})
