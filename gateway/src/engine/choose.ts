import type { Engine, EngineName } from './engine.ts'
import { stockEngine } from './stock.ts'

/**
 * The engine that the setting names. Without one, the planned engine, or the stock engine where the planner, which is
 * native code, has no build.
 */
export async function chooseEngine(named: EngineName | undefined): Promise<Engine> {
  if (named === 'stock') return stockEngine('GATEWAY_ENGINE says so')
  try {
    const { plannedEngine } = await import('./planned/planned.ts')
    return plannedEngine(named ? 'GATEWAY_ENGINE says so' : 'it is the default')
  } catch (error) {
    if (named) throw error
    return stockEngine(`the planner cannot be loaded on ${process.platform} ${process.arch}: ${String(error)}`)
  }
}
