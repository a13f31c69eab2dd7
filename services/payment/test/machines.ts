import type { Database } from '@tikitu/runtime/database'
import type { Transition } from '../src/machine.rules.ts'
import { PAYMENT_MACHINE } from '../src/payments/payment-machine.rules.ts'
import { REFUND_MACHINE } from '../src/refunds/refund-machine.rules.ts'

type Row = Transition<string, string>

const MACHINES: Readonly<Record<string, readonly Row[]>> = { payments: PAYMENT_MACHINE, refunds: REFUND_MACHINE }

/** Writes down every change of a payment or refund, and every fact, with the transaction that it was made in. */
export async function watchMachines({ pool }: Database): Promise<void> {
  await pool.query(`
    create table machine_steps (
      no bigint generated always as identity, tx bigint default txid_current(), machine text, id text, was text, becomes text
    );
    create function note_step() returns trigger language plpgsql as $$ begin
      insert into machine_steps (machine, id, was, becomes) values (tg_table_name, new.id, old.status, new.status);
      return null;
    end $$;
    create trigger note_step after update on payments for each row execute function note_step();
    create trigger note_step after update on refunds for each row execute function note_step();
    create function note_fact() returns trigger language plpgsql as $$ begin
      insert into machine_steps (machine, id, becomes)
      select split_part(new.type, '.', 1) || 's', new.data ->> (split_part(new.type, '.', 1) || 'Id'), new.type
       where new.type like 'payment.%' or new.type like 'refund.%';
      return null;
    end $$;
    create trigger note_fact after insert on outbox for each row execute function note_fact();`)
}

interface Done {
  readonly machine: string
  readonly id: string
  /** Of a fact null. */
  readonly was: string | null
  readonly becomes: string
}

/** What was done that the machines do not have, in words, and which of their rows were taken. */
export async function stepsTaken({ pool }: Database): Promise<{ wrong: string[]; taken: ReadonlySet<Row> }> {
  const { rows } = await pool.query<Done & { tx: string }>(
    'select tx, machine, id, was, becomes from machine_steps order by no',
  )
  const taken = new Set<Row>()
  const wrong: string[] = []
  for (const done of Map.groupBy(rows, ({ tx, machine, id }) => `${tx} ${machine} ${id}`).values()) {
    const steps = done.filter(({ was }) => was !== null)
    const facts = done.filter(({ was }) => was === null).map(({ becomes }) => becomes)
    const machine = MACHINES[done[0]?.machine ?? ''] ?? []
    const found = explain(machine, steps, facts)
    // Rows that differ in nothing that can be seen are taken together.
    for (const step of steps)
      for (const row of (found ?? []).filter((each) => fits(each, step)))
        for (const like of machine.filter((each) => fits(each, step) && String(each.emits) === String(row.emits)))
          taken.add(like)
    if (!found)
      wrong.push(`${steps.map(({ was, becomes }) => `${was} → ${becomes}`).join(', ')} saying ${facts.join(', ')}`)
  }
  return { wrong: [...new Set(wrong)], taken }
}

/** Rows by which these steps say exactly these facts, in whatever order; null when there are none. */
function explain(machine: readonly Row[], [step, ...rest]: readonly Done[], facts: readonly string[]): Row[] | null {
  if (!step) return facts.length === 0 ? [] : null
  for (const row of machine.filter((each) => fits(each, step))) {
    const left = [...facts]
    const isSaid = row.emits.every((fact) => left.includes(fact) && left.splice(left.indexOf(fact), 1))
    const others = isSaid ? explain(machine, rest, left) : null
    if (others) return [row, ...others]
  }
  // Something else than the state was written.
  return step.was === step.becomes ? explain(machine, rest, facts) : null
}

function fits({ from, to }: Row, { was, becomes }: Done): boolean {
  return was !== null && from.includes(was) && (to === 'same' ? was : to) === becomes
}
