import { randomUUID } from 'node:crypto'
import { anonymous, serviceIdentity, type Identity, type PartnerRole } from '../identity.ts'
import { newId } from '../ids.ts'

/** A caller without a token. */
export function nobody(): Identity {
  return anonymous(newId(), '127.0.0.1')
}

/** A registered user, and whatever else the test says. */
export function aUser(facts: Partial<Identity> = {}): Identity {
  return { ...nobody(), kind: 'user', subject: randomUUID(), userId: newId(), clientId: 'web', ...facts }
}

/** Somebody with a token who has not registered yet. */
export function aStranger(facts: Partial<Identity> = {}): Identity {
  return aUser({ userId: null, ...facts })
}

/** A member of a partner's staff. */
export function aPartnerUser(partnerId: string, role: Exclude<PartnerRole, 'MACHINE'> = 'OWNER'): Identity {
  return aUser({ groups: ['partner'], partners: [{ partnerId, role }] })
}

/** An active admin. */
export function anAdmin(adminRole: NonNullable<Identity['adminRole']> = 'SUPER_ADMIN'): Identity {
  return aUser({ groups: ['admin'], adminRole })
}

/** A partner's machine. */
export function aMachine(partnerId: string, scopes: readonly string[]): Identity {
  const clientId = `client-${randomUUID()}`
  return {
    ...nobody(),
    kind: 'machine',
    subject: clientId,
    clientId,
    scopes: [...scopes],
    partners: [{ partnerId, role: 'MACHINE' }],
  }
}

/** One of our own services. */
export function aService(name = 'gateway'): Identity {
  return serviceIdentity(name, newId())
}
