import { describe, expect, it } from 'vitest'
import { AREAS_MAX, PROBLEMS_MAX, sectionSummaries } from './plan.rules.ts'
import { planFromQuickForm, type QuickForm } from './quick-form.rules.ts'

type Section = QuickForm['sections'][number]

const section = (facts: Partial<Section> = {}): Section => ({
  name: 'Stalls',
  category: 'Main',
  rows: [{ name: 'A', seats: 2 }],
  ...facts,
})

function problemsOf(form: Partial<QuickForm>): { path: string; message: string }[] {
  const reading = planFromQuickForm({ sections: [], areas: [], ...form })
  return reading.ok ? [] : [...reading.facts.problems]
}

describe('a quick form', () => {
  it.each<[what: string, Partial<QuickForm>, path: string]>([
    ['is empty', {}, 'sections'],
    ['has a section without a name', { sections: [section({ name: ' ' })] }, 'sections[0].name'],
    ['has a section with NUL', { sections: [section({ name: 'a\u0000' })] }, 'sections[0].name'],
    ['has half of a surrogate pair', { sections: [section({ category: '\udc00' })] }, 'sections[0].category'],
    ['has an endless name', { sections: [section({ name: 'x'.repeat(101) })] }, 'sections[0].name'],
    ['has a section without rows', { sections: [section({ rows: [] })] }, 'sections[0].rows'],
    ['has two sections of one name', { sections: [section(), section()] }, 'sections[1].name'],
    [
      'has two rows of one name',
      {
        sections: [
          section({
            rows: [
              { name: 'A', seats: 1 },
              { name: ' A', seats: 1 },
            ],
          }),
        ],
      },
      'sections[0].rows[1].name',
    ],
    [
      'has a row without seats',
      { sections: [section({ rows: [{ name: 'A', seats: 0 }] })] },
      'sections[0].rows[0].seats',
    ],
    [
      'has a row that is too long',
      { sections: [section({ rows: [{ name: 'A', seats: 501 }] })] },
      'sections[0].rows[0].seats',
    ],
    [
      'has a row of half seats',
      { sections: [section({ rows: [{ name: 'A', seats: 1.5 }] })] },
      'sections[0].rows[0].seats',
    ],
    [
      'has a row of an empty category',
      { sections: [section({ rows: [{ name: 'A', seats: 1, category: '' }] })] },
      'sections[0].rows[0].category',
    ],
    ['has an area without a name', { areas: [{ name: '', category: 'Standing', capacity: 1 }] }, 'areas[0].name'],
    ['has an area for nobody', { areas: [{ name: 'Pit', category: 'Standing', capacity: 0 }] }, 'areas[0].capacity'],
    [
      'has an area for the world',
      { areas: [{ name: 'Pit', category: 'Standing', capacity: 1_000_001 }] },
      'areas[0].capacity',
    ],
    [
      'has two areas of one name',
      { areas: ['Pit', 'Pit'].map((name) => ({ name, category: 'Standing', capacity: 1 })) },
      'areas[1].name',
    ],
    [
      'has too many areas',
      {
        areas: Array.from({ length: AREAS_MAX + 1 }, (_, index) => ({
          name: `${index}`,
          category: 'Standing',
          capacity: 1,
        })),
      },
      'areas',
    ],
  ])('that %s is refused', (_what, form, path) => {
    expect(problemsOf(form).map((problem) => problem.path)).toContain(path)
  })

  it('cannot give one id to two seats', () => {
    const sections = [
      section({ name: 'A-1', rows: [{ name: '2', seats: 1 }] }),
      section({ name: 'A', rows: [{ name: '1-2', seats: 1 }] }),
    ]
    expect(problemsOf({ sections })).toEqual([
      { path: 'sections[1].rows[0].name', message: '"A-1-2" is already used at sections[0].rows[0].name' },
    ])
  })

  it('has at most 100,000 seats, and a wish for millions costs nothing', () => {
    const rows = Array.from({ length: 200 }, (_, index) => ({ name: String(index), seats: 500 }))
    expect(planFromQuickForm({ sections: [section({ rows })], areas: [] }).ok).toBe(true)
    const huge = Array.from({ length: 100_000 }, (_, index) => ({ name: String(index), seats: 500 }))
    const [problem] = problemsOf({ sections: [section({ rows: huge })] })
    expect(problem).toEqual({ path: 'sections', message: 'has 50000000 seats; a plan has at most 100000' })
  })

  it('names the first hundred problems and counts them all', () => {
    const rows = Array.from({ length: 250 }, () => ({ name: '', seats: 1 }))
    const reading = planFromQuickForm({ sections: [section({ rows })], areas: [] })
    expect(reading).toMatchObject({
      ok: false,
      message: 'The seating plan cannot be used: 250 things are wrong with it.',
    })
    expect(problemsOf({ sections: [section({ rows })] })).toHaveLength(PROBLEMS_MAX)
  })

  it('becomes sections, rows and seats in their order, with ids that say where they are', () => {
    const reading = planFromQuickForm({
      sections: [
        section({
          rows: [
            { name: 'A', seats: 2 },
            { name: 'B', seats: 1, category: 'Cheap' },
          ],
        }),
        section({ name: ' Circle ', rows: [{ name: 'A', seats: 1, category: null }] }),
      ],
      areas: [{ name: 'Pit', category: 'Standing', capacity: 40 }],
    })
    expect(reading).toEqual({
      ok: true,
      value: {
        sections: [
          {
            name: 'Stalls',
            rows: [
              {
                name: 'A',
                category: 'Main',
                seats: [
                  { id: 'Stalls-A-1', number: '1' },
                  { id: 'Stalls-A-2', number: '2' },
                ],
              },
              { name: 'B', category: 'Cheap', seats: [{ id: 'Stalls-B-1', number: '1' }] },
            ],
          },
          { name: 'Circle', rows: [{ name: 'A', category: 'Main', seats: [{ id: 'Circle-A-1', number: '1' }] }] },
        ],
        areas: [{ name: 'Pit', category: 'Standing', capacity: 40 }],
      },
    })
    expect(reading.ok && sectionSummaries(reading.value)).toEqual([
      { name: 'Stalls', rows: 2, seats: 3 },
      { name: 'Circle', rows: 1, seats: 1 },
    ])
  })
})
