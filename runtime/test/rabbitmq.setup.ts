import { useBroker } from './rabbitmq.ts'

useBroker()
