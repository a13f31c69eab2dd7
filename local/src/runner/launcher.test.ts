import { describe, expect, it } from 'vitest'
import { launchersOf } from './launcher.ts'
import { processInfo } from './process-table.ts'

/** A process table from the inside out: the first is ours, the last the outermost. */
function table(...commands: string[][]) {
  return (pid: number) => {
    const command = commands[pid - 100]
    return command && { parent: pid + 1, startedAt: '1', command }
  }
}

const node = ['node', 'scripts/start.ts']
const shell = ['sh', '-c', 'node scripts/start.ts']

describe('the launchers between the user and the runner', () => {
  it('are all of npx → sh → pnpm → sh, and not the shell of the user', () => {
    const lookUp = table(
      node,
      shell,
      ['pnpm', 'start'],
      ['sh', '-c', "'pnpm' start"],
      ['npm exec pnpm@12.21.0 start'],
      ['-bash'],
    )
    expect(launchersOf(100, lookUp)).toEqual([
      { pid: 100, parent: 101 },
      { pid: 101, parent: 102 },
      { pid: 102, parent: 103 },
      { pid: 103, parent: 104 },
    ])
  })

  it.each([
    [['node', '/usr/lib/node_modules/npm/bin/npx-cli.js', 'pnpm', 'start']],
    [['/usr/bin/node', '/opt/pnpm/bin/pnpm.cjs', 'start']],
    [['/root/.cache/pnpm', 'start']],
  ])('are known when started as %j', (command) => {
    expect(launchersOf(100, table(node, command, ['bash']))).toEqual([{ pid: 100, parent: 101 }])
  })

  it('are none when a shell or a script started it by itself', () => {
    expect(launchersOf(100, table(node, ['bash', '-c', './ci'], ['systemd']))).toEqual([])
    expect(launchersOf(100, table(node, ['python3', 'deploy.py'], ['pnpm', 'x']))).toEqual([])
  })
})

describe('the process table', () => {
  it('knows this process and its parent', () => {
    const self = processInfo(process.pid)
    expect(self?.parent).toBe(process.ppid)
    expect(self?.startedAt).toMatch(/\d/)
    expect(processInfo(process.ppid)?.command.join(' ')).toBeTruthy()
  })

  it('knows nothing of a process that is not there', () => {
    expect(processInfo(2 ** 22 - 1)).toBeUndefined()
  })
})
