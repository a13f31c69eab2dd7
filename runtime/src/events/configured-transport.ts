import type { ServiceConfig } from '../config.ts'
import type { Database } from '../database.ts'
import type { Logger } from '../log.ts'
import { postgresTransport } from './postgres-transport.ts'
import { rabbitmqTransport } from './rabbitmq-transport.ts'
import type { EventTransport } from './transport.ts'

/** The transport that the settings ask for. All services of a system have the same. */
export function configuredTransport(
  { service, rabbitmqUrl, relayUrls }: Pick<ServiceConfig, 'service' | 'rabbitmqUrl' | 'relayUrls'>,
  { database, log }: { database: Database; log: Logger },
): EventTransport {
  return rabbitmqUrl === undefined
    ? postgresTransport({ publisher: service, relayUrls, database, log })
    : rabbitmqTransport({ service, url: rabbitmqUrl, log })
}
