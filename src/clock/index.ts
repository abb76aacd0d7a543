/** The public names of `cairndb/clock`: causality without keys or values. */

export { compareDots, type Dot, formatDot, parseDot, sameDot } from './dot.ts';
export { DotSet } from './dot-set.ts';
export { isStable, stableCut } from './stability.ts';
export { type Comparison, VectorClock } from './vector-clock.ts';
