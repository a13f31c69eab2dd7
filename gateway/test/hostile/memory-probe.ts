/** Loaded into a gateway under test: tells whoever forked it what is left of its memory after all garbage is collected. */
process.on('message', (message) => {
  if (message !== 'memory') return
  // Twice, because what a finalizer lets go of is garbage only then.
  globalThis.gc?.()
  setImmediate(() => {
    globalThis.gc?.()
    const { heapUsed, external, rss } = process.memoryUsage()
    process.send?.({
      heapBytes: heapUsed + external,
      rssBytes: rss,
      resources: process.getActiveResourcesInfo().length,
    })
  })
})
