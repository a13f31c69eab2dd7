import { goal, type Parts } from './seats.rows.ts'
import { holdTogether } from './together.ts'
import { aHall, anEvent, ROW_WIDTH } from './world.ts'

/** How long a hall may take to sell out before the bench gives up, in seconds. */
const PATIENCE_SECONDS = 120

/** Nothing smaller than this is asked for once nothing larger is left. */
const GROUPS = [2, 3, 4, 1, 2, 5, 2, 4]

/** Whole halls sold out by best-available, group by group, in batches as the service makes them. */
export async function measureSellOut(parts: Parts): Promise<void> {
  const { options, context } = parts
  const { small, large } = options.sellOut
  const first = await sellOut(parts, small)
  const second = await sellOut(parts, large)
  const name = `best-available sells out ${small} seats`
  context.figure({ name, value: first.seconds, unit: 's', ...goal(options, { atMost: 1.5 }) })
  context.figure({
    name: `${name}: rate of the last tenth, times the first`,
    value: first.lastTenth,
    unit: 'x',
    ...goal(options, { atLeast: 0.7 }),
  })
  context.figure({
    name: `best-available, ${large} seats: rate, times that of ${small}`,
    value: second.perSecond / first.perSecond,
    unit: 'x',
    ...goal(options, { atLeast: 0.9 }),
  })
  for (const [kind, count] of [
    ['lost', first.lost + second.lost],
    ['torn groups', first.torn + second.torn],
  ] as const) {
    context.figure({ name: `best-available: ${kind}`, value: count, unit: '', ...goal(options, { atMost: 0 }) })
  }
}

async function sellOut({ stage, seller }: Parts, seats: number) {
  const hall = await aHall(stage, seller, seats)
  const { eventId, seatedTypeId } = await anEvent(stage, seller, { hall })
  const wanted = (quantity: (number: number) => number) => ({ eventId, ticketTypeId: seatedTypeId ?? '', quantity })
  const progress: { at: number; sold: number }[] = []
  const startedAt = performance.now()
  let before = 0
  const sellTo = async (quantity: (number: number) => number) => {
    let sold = 0
    let none = 0
    await holdTogether(stage.pool, 'hold_best_together', wanted(quantity), {
      seconds: PATIENCE_SECONDS,
      until: (answers) => {
        // About how many: groups come in their turn, so the answers say it well enough for a rate.
        sold = answers['HELD'] ?? 0
        progress.push({ at: performance.now() - startedAt, sold: before + sold })
        const isOver = (answers['SoldOut'] ?? 0) > none
        none = answers['SoldOut'] ?? 0
        return isOver
      },
    })
    before += sold
  }
  await sellTo((number) => GROUPS[number % GROUPS.length] ?? 1)
  await sellTo(() => 1)
  const seconds = (performance.now() - startedAt) / 1000
  const { rows } = await stage.pool.query<{ lost: string; torn: string }>(AFTERMATH, [eventId, ROW_WIDTH])
  const atShare = (share: number) => progress.find(({ sold }) => sold >= before * share)?.at ?? NaN
  return {
    seconds,
    perSecond: seats / seconds,
    lastTenth: atShare(0.1) / (atShare(1) - atShare(0.9)),
    lost: Number(rows[0]?.lost ?? NaN),
    torn: Number(rows[0]?.torn ?? NaN),
  }
}

/** Seats that nobody got, and groups whose seats are not side by side in one row. */
const AFTERMATH = `
  select (select count(*) from event_seats where event_id = $1 and expires_at <= now()) as lost,
         (select count(*) from bookings
           where event_id = $1
             and (seat_nos[quantity] - seat_nos[1] <> quantity - 1 or seat_nos[1] / $2 <> seat_nos[quantity] / $2)) as torn`
