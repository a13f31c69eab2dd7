import { findPgbench, HOW_TO_GET_PGBENCH } from './booking/pgbench.ts'
import { startGraphLoad } from './booking/graph-load.ts'
import { audit } from './booking/audit.ts'
import { measureAdmission } from './booking/admission.rows.ts'
import { measureBesideOldBookings } from './booking/old-bookings.rows.ts'
import { measureSellOut } from './booking/sell-out.rows.ts'
import { readOptions, type Part } from './booking/options.ts'
import { measureEventList, measureSeatMap } from './booking/reads.rows.ts'
import { measureSeats, type Parts } from './booking/seats.rows.ts'
import { setUp } from './booking/stage.ts'
import { aSeller } from './booking/world.ts'
import type { Bench, Figure } from './harness.ts'

/** `pnpm bench booking` */
export const bench: Bench = {
  title: 'Holds on seats and general admission: how many, how fast, and against the same statement run by pgbench.',

  async run(context) {
    const options = await readOptions(context.args)
    const pgbench = findPgbench()
    if (pgbench === undefined) context.say(HOW_TO_GET_PGBENCH)
    const stage = await setUp(options.portBase, context)
    const load = startGraphLoad()
    context.cleanUp(() => load.stop())
    const seller = await aSeller(stage)
    const figure = (each: Figure) => {
      context.say(`${each.name}: ${each.value.toFixed(2)} ${each.unit}`)
      context.figure(each)
    }
    const parts = { stage, seller, load, options, pgbench, context: { ...context, figure } }
    const only = (part: Part, measure: (of: Parts) => Promise<void>) =>
      options.only.has(part) ? measure(parts) : Promise.resolve()
    await only('seats', measureSeats)
    await only('admission', measureAdmission)
    await only('sell-out', measureSellOut)
    await only('seat-map', measureSeatMap)
    await audit(parts)
    await only('old-bookings', measureBesideOldBookings)
    await only('list', measureEventList)
  },
}
