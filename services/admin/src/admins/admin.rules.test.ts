import { fc } from '@tikitu/runtime/testing/properties'
import { describe, expect, it } from 'vitest'
import { decideStepDown, type Standing } from './admin.rules.ts'

const superAdmin = (id: string): Standing => ({ id, role: 'SUPER_ADMIN', isActive: true })

describe('stepping down', () => {
  it('is refused to the last SUPER_ADMIN', () => {
    expect(decideStepDown(superAdmin('a'), [superAdmin('a')])).toMatchObject({ ok: false, refusal: 'LastSuperAdmin' })
  })

  it('is allowed while there is another', () => {
    expect(decideStepDown(superAdmin('a'), [superAdmin('a'), superAdmin('b')])).toMatchObject({ ok: true })
  })

  it('is always allowed to somebody who is none', () => {
    expect(decideStepDown({ id: 'c', role: 'SUPPORT', isActive: true }, [superAdmin('a')])).toMatchObject({ ok: true })
    expect(decideStepDown({ id: 'c', role: 'SUPER_ADMIN', isActive: false }, [superAdmin('a')])).toMatchObject({
      ok: true,
    })
  })

  it('one after the other always leaves one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), (ids) => {
        let left = ids.map(superAdmin)
        for (const id of ids) {
          if (decideStepDown(superAdmin(id), left).ok) left = left.filter((admin) => admin.id !== id)
        }
        expect(left).toHaveLength(1)
      }),
    )
  })
})
