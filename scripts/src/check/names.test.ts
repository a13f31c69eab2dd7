import { expect, test } from 'vitest'
import { machineBoundIn } from './names.ts'

test.each([
  ['a path of one machine', 'scripts/x.ts', "const data = '/home/somebody/data'"],
  ['a path of one machine', 'README.md', 'Open `/root/tikitu` in your editor.'],
  ['a package registry', 'README.md', 'npm view --registry https://registry.npmjs.org tikitu'],
  ['a registry setting', '.npmrc', 'registry=https://packages.example.org/'],
  ['a host', 'pnpm-lock.yaml', '    resolution: {tarball: https://packages.example.org/a.tgz}'],
])('%s is found in %s', (what, file, line) => {
  expect(machineBoundIn(file, `first line\n${line}\n`)).toContainEqual({ file, line: 2, what })
})

test.each([
  'https://example.org/home/seats',
  './home/plan.ts',
  'src/root/tables.ts',
  'https://docs.npmjs.com/',
  "path: '/home'",
])('%s belongs to no machine', (text) => {
  expect(machineBoundIn('README.md', text)).toEqual([])
})
