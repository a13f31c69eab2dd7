import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** Functions that are listed. */
const FUNCTIONS_MAX = 30

const profile = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
})

/** The newest profile of the directory as the functions that took most time themselves, without what they called. */
export function topFunctions(directory: string): string {
  const [file] = readdirSync(directory)
    .filter((name) => name.endsWith('.cpuprofile'))
    .toSorted()
    .toReversed()
  if (file === undefined) throw new Error(`There is no profile in ${directory}.`)
  const { nodes, samples, timeDeltas } = profile.parse(JSON.parse(readFileSync(join(directory, file), 'utf8')))
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))

  const times = new Map<string, number>()
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '?'
    if (name !== '(idle)') times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0))
  }
  const total = [...times.values()].reduce((sum, time) => sum + time, 0)
  const top = [...times].toSorted(([, one], [, other]) => other - one).slice(0, FUNCTIONS_MAX)
  const lines = top.map(([name, time]) => `${((time / total) * 100).toFixed(1).padStart(5)} %  ${name}`)
  return `${join(directory, file)}, self time without idling:\n${lines.join('\n')}`
}

/** `send undici/lib/dispatcher/client-h1.js:1024`: enough of the path to find it. */
function nameOf({ functionName, url, lineNumber }: z.infer<typeof profile>['nodes'][number]['callFrame']): string {
  const path = url.replace(/^file:\/\//, '').replace(/^.*\/node_modules\//, '')
  return `${functionName || '(anonymous)'}${path && ` ${path.split('/').slice(-4).join('/')}:${lineNumber + 1}`}`
}
