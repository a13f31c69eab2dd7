// `pnpm run token buyer`: prints a token and nothing else.
import { tokenCommand } from './src/token/token-command.ts'

process.exitCode = await tokenCommand(process.argv.slice(2), process.env, {
  print: (token) => console.log(token),
  complain: (text) => console.error(text),
})
