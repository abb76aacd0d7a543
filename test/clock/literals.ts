/** Clocks and dot sets as short texts for tables, and the naive model they are tested against: a Set of dot strings. */

import fc from 'fast-check';
import { type Dot, formatDot } from '../../src/clock/dot.ts';
import { DotSet } from '../../src/clock/dot-set.ts';
import { VectorClock } from '../../src/clock/vector-clock.ts';

/** `a3 b1` is the clock { a: 3, b: 1 }. */
export function clock(text: string): VectorClock {
  return VectorClock.of(words(text).map((word): [string, number] => [word.slice(0, 1), Number(word.slice(1))]));
}

/** `a1-3 a5` is the set of the dots 1, 2, 3 and 5 of a. Built range by range, in the order of the text. */
export function set(text: string): DotSet {
  let result = DotSet.empty;
  for (const word of words(text)) {
    const [from = 0, to = from] = word.slice(1).split('-').map(Number);
    result = result.addRange(word.slice(0, 1), from, to);
  }
  return result;
}

/** The inverse of `clock`. */
export function showClock(shown: VectorClock): string {
  return [...shown].map(([id, counter]) => `${id}${counter}`).join(' ');
}

/** The inverse of `set`, canonical. */
export function showSet(shown: DotSet): string {
  return [...shown.ranges()].map(([id, from, to]) => (from === to ? `${id}${from}` : `${id}${from}-${to}`)).join(' ');
}

/** Ids that break naive code: prototype names, integer-like names, colons, and text whose UTF-16 order is not its UTF-8 order. */
export const ID_LIST: readonly string[] = [
  'a',
  'b',
  'ab',
  '__proto__',
  'constructor',
  '10',
  '9',
  'x:1',
  'é',
  '\uFFFD',
  '\u{1F600}',
  '日本',
];

export const anyId: fc.Arbitrary<string> = fc.constantFrom(...ID_LIST);
export const anyDot: fc.Arbitrary<Dot> = fc.record({ id: anyId, counter: fc.integer({ min: 1, max: 9 }) });
export const anyDots: fc.Arbitrary<Dot[]> = fc.array(anyDot, { maxLength: 40 });
export const anyClock: fc.Arbitrary<VectorClock> = fc
  .uniqueArray(fc.tuple(anyId, fc.integer({ min: 0, max: 6 })), { selector: (entry) => entry[0], maxLength: 12 })
  .map((entries) => VectorClock.of(entries));
export const anySet: fc.Arbitrary<DotSet> = anyDots.map((dots) => DotSet.of(dots));

/** The dots as a Set of strings: the model. */
export function model(dots: Iterable<Dot>): Set<string> {
  return new Set([...dots].map(formatDot));
}

export function modelOfClock(shown: VectorClock): Set<string> {
  return model(DotSet.fromVector(shown));
}

export function within(part: Set<string>, whole: Set<string>): boolean {
  return [...part].every((dot) => whole.has(dot));
}

/** Fixed seed: a failing run is the same run again. */
export const RUNS: { seed: number; numRuns: number } = { seed: 20261122, numRuns: 400 };

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}
