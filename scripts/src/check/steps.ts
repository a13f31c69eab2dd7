import { run, tool } from '../repository.ts'

/** One thing that `pnpm check` checks, as the command a person could type instead. */
export interface Step {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
}

/** How a step ended. */
export interface StepResult {
  readonly name: string
  readonly passed: boolean
  readonly seconds: number
  /** All that the command said. */
  readonly output: string
}

/** What is checked, longest first so that two at a time end together. */
export const STEPS: readonly Step[] = [
  { name: 'lint', command: tool('oxlint'), args: ['--deny-warnings'] },
  { name: 'types', command: tool('tsc'), args: ['--project', '.', '--pretty', 'false'] },
  { name: 'dead code', command: tool('knip'), args: ['--no-progress'] },
  { name: 'migrations', command: process.execPath, args: ['scripts/db-generate.ts', '--check'] },
  { name: 'generated code', command: process.execPath, args: ['scripts/codegen.ts', '--check'] },
  { name: 'public schema', command: process.execPath, args: ['scripts/schema-publish.ts', '--check'] },
  // Installs trust the lockfile; this asks for every package that it names whether it may be there.
  {
    name: 'lockfile',
    command: 'npx',
    args: ['-y', 'pnpm@12.21.0', 'install', '--lockfile-only', '--frozen-lockfile', '--no-trust-lockfile'],
  },
  { name: 'format', command: tool('oxfmt'), args: ['--list-different', '.'] },
  { name: 'names', command: process.execPath, args: ['scripts/src/check/names.ts'] },
]

/** How many steps run at once: each uses a core or two by itself. */
const STEPS_AT_ONCE = 2

/** Runs the steps and tells of each as it ends; resolves with all of them, in the order given. */
export async function runSteps(steps: readonly Step[], ended: (result: StepResult) => void): Promise<StepResult[]> {
  const results: StepResult[] = []
  const waiting = steps.entries()
  const worker = async () => {
    for (const [index, step] of waiting) {
      const result = await runStep(step)
      results[index] = result
      ended(result)
    }
  }
  await Promise.all(Array.from({ length: STEPS_AT_ONCE }, worker))
  return results
}

async function runStep({ name, command, args }: Step): Promise<StepResult> {
  const begun = performance.now()
  const { code, output } = await run(command, args)
  return { name, passed: code === 0, seconds: (performance.now() - begun) / 1000, output }
}
