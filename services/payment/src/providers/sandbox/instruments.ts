/** The test instruments: what paying with each comes to. Null is success, a text the failure code. */
export const INSTRUMENTS: ReadonlyMap<string, string | null> = new Map([
  ['tok_success', null],
  ['tok_declined', 'card_declined'],
  ['tok_insufficient_funds', 'insufficient_funds'],
])
