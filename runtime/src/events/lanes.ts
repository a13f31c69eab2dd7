/** How many lanes an inbox has, a power of two: events of one key are always in one lane, and a lane is handled by one at a time. */
export const LANES = 16
