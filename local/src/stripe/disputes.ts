import { move, newId, seconds, tell, type Desk } from './desk.ts'
import { param, readParams, type Form } from './form.ts'
import { retrieveIntent } from './intents.ts'
import type { Dispute } from './objects.ts'
import { invalid, missing } from './stripe-error.ts'

/** How long a dispute may be answered, in seconds. */
const ANSWER_SECONDS = 7 * 86_400

/** What decides a dispute, as in Stripe's test mode. */
const WINNING = 'winning_evidence'
const LOSING = 'losing_evidence'

/** The buyer's bank takes back all that was taken and not given back; once for each payment. */
export function openDispute(desk: Desk, intentId: string): Dispute {
  const intent = retrieveIntent(desk, intentId)
  const charge = intent.status === 'succeeded' ? desk.books.get('charge', intent.latest_charge ?? '') : undefined
  const amount = charge ? charge.amount_captured - charge.amount_refunded : 0
  if (!charge || amount === 0) throw invalid(`There is nothing to dispute about ${intentId}.`)
  const [known] = desk.books.list('dispute', { parent: intentId, limit: 1 }).data
  if (known) return known
  const dispute: Dispute = {
    id: newId('du'),
    object: 'dispute',
    amount,
    balance_transactions: [],
    charge: charge.id,
    created: seconds(desk),
    currency: charge.currency,
    evidence: {},
    evidence_details: {
      due_by: seconds(desk) + ANSWER_SECONDS,
      has_evidence: false,
      past_due: false,
      submission_count: 0,
    },
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: intentId,
    reason: 'fraudulent',
    status: 'needs_response',
  }
  dispute.balance_transactions.push(moved(desk, dispute, -amount))
  desk.books.put('dispute', dispute, intentId)
  desk.books.put('charge', { ...charge, disputed: true })
  tell(desk, 'charge.dispute.created', dispute)
  return dispute
}

/** GET /v1/disputes/:id */
export function retrieveDispute(desk: Desk, id: string): Dispute {
  const dispute = desk.books.get('dispute', id)
  if (!dispute) throw missing('dispute', id)
  return dispute
}

/** POST /v1/disputes/:id: evidence that says `winning_evidence` wins, and `losing_evidence` loses, once it is submitted. */
export function answerDispute(desk: Desk, id: string, form: Form): Dispute {
  const { evidence, submit } = readParams(form, {
    evidence: param.metadata().optional(),
    submit: param.boolean().optional(),
    metadata: param.metadata().optional(),
  })
  const dispute = retrieveDispute(desk, id)
  if (dispute.status !== 'needs_response') throw invalid('This dispute is already closed.')
  const answered: Dispute = {
    ...dispute,
    evidence: { ...dispute.evidence, ...evidence },
    evidence_details: { ...dispute.evidence_details, has_evidence: true },
  }
  const text = answered.evidence['uncategorized_text']
  if (submit === false || (text !== WINNING && text !== LOSING)) {
    desk.books.put('dispute', answered)
    return answered
  }
  return close(desk, answered, text === WINNING ? 'won' : 'lost')
}

/** POST /v1/disputes/:id/close: gives up. */
export function closeDispute(desk: Desk, id: string): Dispute {
  const dispute = retrieveDispute(desk, id)
  if (dispute.status !== 'needs_response') throw invalid('This dispute is already closed.')
  return close(desk, dispute, 'lost')
}

function close(desk: Desk, dispute: Dispute, status: 'won' | 'lost'): Dispute {
  const closed: Dispute = { ...dispute, status, evidence_details: { ...dispute.evidence_details, due_by: null } }
  if (status === 'won') {
    closed.balance_transactions = [...dispute.balance_transactions, moved(desk, dispute, dispute.amount)]
    const charge = desk.books.get('charge', dispute.charge)
    if (charge) desk.books.put('charge', { ...charge, disputed: false })
  }
  desk.books.put('dispute', closed)
  tell(desk, 'charge.dispute.closed', closed)
  return closed
}

function moved(desk: Desk, { id: source, currency }: Dispute, amount: number): string {
  const reporting_category = amount < 0 ? 'dispute' : 'dispute_reversal'
  return move(desk, { type: 'adjustment', source, amount, currency, reporting_category })
}
