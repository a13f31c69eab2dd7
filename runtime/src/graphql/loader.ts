import DataLoader from 'dataloader'

/** How many keys one statement is asked for at most. */
const BATCH_MAX = 500

/** A loader for one request: collects ids, asks once, and gives every asker its row, or null where there is none. */
export function loadOne<Row>(
  rowsByIds: (ids: readonly string[]) => Promise<readonly Row[]>,
  idOf: (row: Row) => string,
) {
  return new DataLoader<string, Row | null>(
    async (ids) => {
      const found = new Map((await rowsByIds(ids)).map((row) => [idOf(row), row]))
      return ids.map((id) => found.get(id) ?? null)
    },
    { maxBatchSize: BATCH_MAX },
  )
}

/** A loader for one request: collects ids, asks once, and gives every asker its rows in the statement's order. */
export function loadMany<Row>(
  rowsByIds: (ids: readonly string[]) => Promise<readonly Row[]>,
  ownerOf: (row: Row) => string,
) {
  return new DataLoader<string, Row[]>(
    async (ids) => {
      const found = Map.groupBy(await rowsByIds(ids), ownerOf)
      return ids.map((id) => found.get(id) ?? [])
    },
    { maxBatchSize: BATCH_MAX },
  )
}
