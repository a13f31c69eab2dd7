import type { Transaction } from '@tikitu/runtime/database'
import { serviceIdentity } from '@tikitu/runtime/identity'
import { newId } from '@tikitu/runtime/ids'
import { accept, type Accepted } from '@tikitu/runtime/outcome'
import { recordDeed } from '../audit/audit-log.ts'
import { superAdminsForUpdate, takeBootstrap, upsertAdmin } from './admin.sql.ts'

/** Who becomes SUPER_ADMIN when nobody is. */
export interface Bootstrap {
  /** Their Cognito subject. */
  readonly subject: string
  readonly email: string
  readonly name: string
}

/** Sees to it that there is a SUPER_ADMIN, and says whether there is one. Nobody is replaced; any number of instances may try at once. */
export async function ensureSuperAdmin(
  tx: Transaction,
  { bootstrap, at }: { bootstrap: Bootstrap | null; at: Date },
): Promise<Accepted<boolean>> {
  await takeBootstrap(tx)
  if ((await superAdminsForUpdate(tx)).length > 0) return accept(true)
  if (!bootstrap) return accept(false)

  const { subject: cognitoSub, email, name } = bootstrap
  const admin = { id: newId(), cognitoSub, email, name, role: 'SUPER_ADMIN' as const, isActive: true, createdAt: at }
  const { id } = await upsertAdmin(tx, admin)
  await recordDeed(tx, serviceIdentity('admin', newId()), {
    action: 'bootstrapAdmin',
    resource: { type: 'Admin', id },
    after: { role: 'SUPER_ADMIN', isActive: true },
    at,
  })
  return accept(true)
}
