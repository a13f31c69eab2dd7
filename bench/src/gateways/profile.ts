import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** What the profiler in our gateway is told. */
export type ProfilerMessage = { readonly profile: 'start' } | { readonly profile: 'stop'; readonly file: string }

/** Functions that are listed. */
const FUNCTIONS_MAX = 40

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

type CallFrame = z.infer<typeof profile>['nodes'][number]['callFrame']

/** A profile as the parts and then the functions that took most time themselves, without what they called. */
export function describeProfile(file: string): string {
  const { nodes, samples, timeDeltas } = profile.parse(JSON.parse(readFileSync(file, 'utf8')))
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const shares = (name: (frame: CallFrame) => string) => {
    const times = new Map<string, number>()
    for (const [index, id] of samples.entries()) {
      const frame = frames.get(id)
      if (!frame || frame.functionName === '(idle)') continue
      times.set(name(frame), (times.get(name(frame)) ?? 0) + (timeDeltas[index] ?? 0))
    }
    const total = [...times.values()].reduce((sum, time) => sum + time, 0)
    return [...times]
      .toSorted(([, one], [, other]) => other - one)
      .slice(0, FUNCTIONS_MAX)
      .map(([what, time]) => `${((time / total) * 100).toFixed(1).padStart(5)} %  ${what}`)
      .join('\n')
  }
  return `${file}: self time, without idling\n\n${shares(partOf)}\n\n${shares(nameOf)}`
}

/** The package, the folder of the gateway, or what Node and V8 do themselves. */
function partOf({ functionName, url }: CallFrame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : `native ${functionName}`
  if (url.startsWith('node:')) return url.split('/').slice(0, 2).join('/')
  const inPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  return inPackage ?? url.replace(/^.*\/(gateway|runtime|schema)\//, '$1/').replace(/\/[^/]*$/, '')
}

/** `send undici/lib/dispatcher/client-h1.js:1024`: enough of the path to find it. */
function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const path = url.replace(/^file:\/\//, '').replace(/^.*\/node_modules\//, '')
  return `${functionName || '(anonymous)'}${path && ` ${path.split('/').slice(-4).join('/')}:${lineNumber + 1}`}`
}
