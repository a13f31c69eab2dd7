// Editors look for this name; the commands name the workspace file itself.
export { default } from './vitest.workspace.ts'
