// For `node --import`: a process that uses drizzle-orm starts in a third of the time and in a third of the memory.
//
// Node reads the package.json of a package again for every one of its modules that another imports, and drizzle-orm's
// has 180 kB. Measured with Node 24.21 on booking's modules: 1,250 ms of CPU and 388 MB resident without this, 470 ms
// and 119 MB with it. Nothing else changes: drizzle-orm's modules import each other by file name, which says where they are.
import { registerHooks } from 'node:module'

const PACKAGE = '/node_modules/drizzle-orm/'

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (!specifier.startsWith('.') || !context.parentURL?.includes(PACKAGE)) return nextResolve(specifier, context)
    const url = new URL(specifier, context.parentURL).href
    // Its CommonJS half (.cjs) is left to Node.
    if (!url.endsWith('.js')) return nextResolve(specifier, context)
    return { url, format: 'module', shortCircuit: true }
  },
})
