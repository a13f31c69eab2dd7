/**
 * Runs a server as a child of the runner: says when it is ready, and stops on a signal or when the parent is gone.
 * A server that cannot start is reported in one line, without a stack, because its message says what to do.
 */
export async function runAsChild(start: () => Promise<{ stop(): Promise<void> }>): Promise<void> {
  const server = await start().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  })
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
  process.on('disconnect', stop)
  process.send?.({ type: 'ready' })
}
