import { randomInt } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'

/** A port that something else already listens on. The message names the port and the setting that moves it. */
export class PortTaken extends Error {
  readonly port: number

  constructor(port: number, purpose: string) {
    super(
      `Port ${port} (${purpose}) is taken. Stop what listens there, or set PORT_BASE to move all ports of this system.`,
    )
    this.name = 'PortTaken'
    this.port = port
  }
}

/** A port on 127.0.0.1 that was free a moment ago. Somebody else may take it before you do. */
export async function freePort(): Promise<number> {
  const port = await tryListen(0)
  if (port === undefined) throw new Error('The operating system has no free port.')
  return port
}

/** A PORT_BASE whose ports were all free a moment ago, for a system that runs beside others. */
export async function freePortBase(ports = 15): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    // Below the range that systems hand out to outgoing connections, which would take one of ours at any moment.
    const base = randomInt(10_000, 32_000 - ports)
    const wanted = Array.from({ length: ports }, (_, index) => tryListen(base + index))
    if (!(await Promise.all(wanted)).includes(undefined)) return base
  }
  throw new Error(`There are no ${ports} free ports in a row.`)
}

/** Throws `PortTaken` if the port is in use on 127.0.0.1; `purpose` says in the message what it was wanted for. */
export async function assertPortFree(port: number, purpose: string): Promise<void> {
  if ((await tryListen(port)) === undefined) throw new PortTaken(port, purpose)
}

/** Listens for a moment. Undefined means the port is taken; any other failure is thrown. */
function tryListen(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const { port: bound } = server.address() as AddressInfo
      server.close(() => resolve(bound))
    })
  })
}
