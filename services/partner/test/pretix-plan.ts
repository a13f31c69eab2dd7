/**
 * A small plan as pretix's editor writes it, with our two additions (a seat that is accessible, an area with a capacity):
 * a row that an aisle parts, a seat of another category, a stage, and a category that nothing uses.
 */
export function aPretixPlan() {
  const seat = (
    guid: string,
    number: string,
    x: number,
    facts: Record<string, unknown> = {},
  ): Record<string, unknown> => ({
    uuid: `00000000-0000-4000-8000-${guid.replaceAll(/\W/g, '').padStart(12, '0')}`,
    seat_guid: guid,
    seat_number: number,
    position: { x, y: 0 },
    category: 'Main',
    ...facts,
  })
  return {
    name: 'Stadthalle',
    size: { width: 1_000, height: 800 },
    categories: ['Unused', 'Main', 'Cheap', 'Standing'].map((name) => ({ name, color: '#7f4a91' })),
    zones: [
      {
        name: 'Parkett',
        zone_id: 'zone-1',
        position: { x: 100, y: 200 },
        rows: [
          {
            row_number: '1',
            row_number_position: 'start',
            position: { x: 10, y: 20 },
            seats: [
              seat('p-1-1', '1', 0),
              seat('p-1-2', '2', 20, { start_direction: '>' }),
              seat('p-1-3', '3', 40, { category: 'Cheap', accessible: true }),
            ],
          },
          { row_number: '1', row_number_position: 'end', position: { x: 110, y: 20 }, seats: [seat('p-1-4', '4', 0)] },
        ],
        areas: [
          {
            shape: 'rectangle',
            rectangle: { width: 300, height: 80 },
            position: { x: 0, y: 0 },
            text: { text: 'Bühne', position: { x: 0, y: 0 } },
          },
        ] as Record<string, unknown>[],
      },
      {
        name: 'Rang',
        position: { x: 0, y: 0 },
        rows: [{ row_number: 'A', seats: [seat('r-a-1', '1', 0, { category: 'Cheap', position: undefined })] }],
        areas: [
          {
            shape: 'polygon',
            position: { x: 0, y: 600 },
            text: { text: 'Stehplatz' },
            category: 'Standing',
            capacity: 300,
          },
        ] as Record<string, unknown>[],
      },
    ],
  }
}
