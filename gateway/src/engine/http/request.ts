/** What is sent to an address that takes JSON by POST. */
export interface JsonRequest {
  /** JSON. */
  readonly body: string
  /** Beside what every request has. */
  readonly headers: Readonly<Record<string, string>>
}

/** Writes a request as it is sent. Fails when a header has more than one line. */
export type RequestWriter = (request: JsonRequest) => string

/** Whoever could write a line of the head could write another request behind it. */
const NOT_IN_A_HEADER = /[^\t\x20-\x7e]/

/** Compiles what all requests to an address begin with. */
export function requestWriter({ host, pathname, search }: URL): RequestWriter {
  const beginning = `POST ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: `
  return ({ body, headers }) => {
    let head = beginning + Buffer.byteLength(body)
    for (const name in headers) {
      const value = headers[name] ?? ''
      if (NOT_IN_A_HEADER.test(value)) throw new Error(`the header ${name} cannot be sent: ${JSON.stringify(value)}`)
      head += `\r\n${name}: ${value}`
    }
    return `${head}\r\n\r\n${body}`
  }
}
