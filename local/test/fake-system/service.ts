// A process of the fake system: says that it is ready, answers, and logs as a service does. FAKE_BEHAVIOUR spoils it.
import { createServer } from 'node:http'

const { FAKE_NAME: name, FAKE_PORT: port, FAKE_BEHAVIOUR: behaviour } = process.env
const log = (level: number, msg: string) => console.log(JSON.stringify({ level, time: Date.now(), service: name, msg }))

if (behaviour === 'bad setting') {
  console.error('FAKE_SETTING: expected something else')
  process.exit(1)
}
// Killed while it still loads, before it could listen for its runner's end.
if (behaviour === 'slow to load') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000)
const server = createServer((request, response) => {
  if (request.url === '/crash') process.exit(3)
  response.end(JSON.stringify(process.env))
})
server.listen(Number(port), '127.0.0.1', () => {
  log(30, `${name} is up`)
  log(40, `${name} warns`)
  process.send?.({ type: 'ready' })
  if (behaviour === 'crash loop') process.exit(3)
})
if (behaviour !== 'stubborn') {
  process.on('disconnect', () => process.exit(0))
  process.on('SIGTERM', () => {
    log(30, `${name} stops`)
    process.exit(0)
  })
}
