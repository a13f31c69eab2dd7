import type { Engine, EngineName } from './engine.ts'

/**
 * The engine that the setting names. Without one, the planned engine, or the stock engine where the planner, which is
 * native code, has no build.
 */
export async function chooseEngine(named: EngineName | undefined): Promise<Engine> {
  if (named === 'stock') return loadStockEngine('GATEWAY_ENGINE says so')
  try {
    const { plannedEngine } = await import('./planned/planned.ts')
    return plannedEngine(named ? 'GATEWAY_ENGINE says so' : 'it is the default')
  } catch (error) {
    if (named) throw error
    return loadStockEngine(`the planner cannot be loaded on ${process.platform} ${process.arch}: ${String(error)}`)
  }
}

/** Loaded only when it runs: it brings a good deal with it. */
async function loadStockEngine(reason: string): Promise<Engine> {
  const { stockEngine } = await import('./stock.ts')
  return stockEngine(reason)
}
