// Starts PostgreSQL as a runner would, says so, and stays until it is killed. Arguments: data directory, port.
import { startPostgres } from '../src/postgres/server.ts'

const [dataDir = '', port = '0'] = process.argv.slice(2)
const postgres = await startPostgres({ dataDir, port: Number(port), durable: true, databases: [] })
process.send?.({ adminUrl: postgres.adminUrl(), adopted: postgres.adopted })
// The channel to the test keeps this process alive.
process.on('message', () => {})
