/** The six services that deploy, in the order of their ports after the gateway's. */
export const SERVICE_NAMES = ['admin', 'partner', 'payment', 'notification', 'booking', 'user'] as const

/** One of the six services. */
export type ServiceName = (typeof SERVICE_NAMES)[number]

/** The port a service listens on when the gateway listens on `portBase`: admin is +1, user is +6. */
export function servicePort(portBase: number, service: ServiceName): number {
  return portBase + 1 + SERVICE_NAMES.indexOf(service)
}
