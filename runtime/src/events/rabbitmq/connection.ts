import { Connection } from 'rabbitmq-client'

/** How long a connection to the broker may take, in milliseconds. */
const CONNECT_MILLISECONDS = 5_000

/** Half of what the broker may be silent before it counts as gone, in seconds. */
const HEARTBEAT_SECONDS = 5

/** A connection to the broker, which is used until something fails and then let go: whoever needs one again opens it. */
export interface BrokerConnection {
  readonly connection: Connection
  /** The first thing that went wrong, in the words of the network or the broker. */
  reason(): Error | undefined
}

/** Connects. Rejects with what the network or the broker said. */
export async function openConnection(url: string, name: string): Promise<BrokerConnection> {
  let first: Error | undefined
  const connection = new Connection({
    url,
    connectionName: name,
    connectionTimeout: CONNECT_MILLISECONDS,
    acquireTimeout: CONNECT_MILLISECONDS,
    heartbeat: HEARTBEAT_SECONDS,
    noDelay: true,
  })
  const failed = new Promise<never>((_resolve, reject) => {
    connection.on('error', (error: Error) => {
      first ??= error
      reject(error)
    })
  })
  // Later errors are asked for by `reason`.
  failed.catch(() => undefined)
  try {
    await Promise.race([connection.onConnect(CONNECT_MILLISECONDS), failed])
  } catch (error) {
    connection.unsafeDestroy()
    throw error
  }
  return { connection, reason: () => first }
}

/** Says farewell to the broker, or is gone without when that takes too long. */
export async function closeConnection(connection: Connection): Promise<void> {
  const timer = setTimeout(() => connection.unsafeDestroy(), CLOSE_MILLISECONDS)
  try {
    await connection.close()
  } catch {
    connection.unsafeDestroy()
  } finally {
    clearTimeout(timer)
  }
}

/** How long a farewell may take, in milliseconds. */
const CLOSE_MILLISECONDS = 2_000
