import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterAll } from 'vitest'

/** A wire to a server on this machine, which can be cut. */
export interface Wire {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
  /** How often somebody connected, in vain or not. */
  readonly connections: number
  /** Whatever is on it is lost, and so is whatever comes. */
  cut(): void
  mend(): void
}

/** Lays a wire to a port; it is gone after the file's last test. */
export async function layWire(port: number): Promise<Wire> {
  const sockets = new Set<Socket>()
  let [connections, isCut] = [0, false]
  const server = createServer((near) => {
    connections += 1
    near.on('error', () => near.destroy())
    if (isCut) return near.destroy()
    const far = connect({ port, host: '127.0.0.1' })
    far.on('error', () => near.destroy())
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
    return near.pipe(far).pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const end = () => {
    for (const socket of sockets) socket.destroy()
  }
  afterAll(() => {
    end()
    server.close()
  })
  return {
    origin: `http://127.0.0.1:${address.port}`,
    get connections() {
      return connections
    },
    cut() {
      isCut = true
      end()
    },
    mend() {
      isCut = false
    },
  }
}
