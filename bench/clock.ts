/**
 * VectorClock against the plainest thing that could do its work: two sorted parallel arrays, a two-finger walk, new
 * arrays for every merge. 256 seeded pairs, the four answers in equal parts; both sides hold the same ids and counters
 * in arrays of their own. Samples are interleaved, medians are compared.
 *
 *   npx tsx bench/clock.ts [--small]
 */

import { pathToFileURL } from 'node:url';
import { type Comparison, VectorClock } from '../src/clock/vector-clock.ts';

export type ClockRow = { name: string; entries: number; cairnNs: number; baselineNs: number; ratio: number };

type Plain = { readonly ids: readonly string[]; readonly counters: readonly number[] };
type Pair = {
  readonly expected: Comparison;
  readonly a: VectorClock;
  readonly b: VectorClock;
  readonly x: Plain;
  readonly y: Plain;
  readonly id: string;
};
/** Runs over all pairs and returns something that depends on every result, so that nothing is optimised away. */
type Work = (pairs: readonly Pair[]) => number;

const PAIRS = 256;
const ANSWERS: readonly Comparison[] = ['equal', 'before', 'after', 'concurrent'];
const NAMES: readonly string[] = [
  'berlin',
  'oslo',
  'lagos',
  'osaka',
  'quito',
  'perth',
  'kiel',
  'turin',
  'izmir',
  'hanoi',
  'laptop',
  'phone',
  'tablet',
];

/** Measures every operation at every size. */
export function benchClock(options: { small: boolean }): { rows: ClockRow[] } {
  const samples = options.small ? 5 : 61;
  const operationsPerSample = options.small ? 4_096 : 65_536;
  const rows: ClockRow[] = [];
  for (const entries of [3, 10, 100]) {
    const pairs = makePairs(entries);
    check(pairs);
    for (const [name, cairn, baseline] of WORKS) {
      const rounds = Math.max(1, Math.round(operationsPerSample / PAIRS / (entries === 100 ? 4 : 1)));
      const cairnTimes: number[] = [];
      const baselineTimes: number[] = [];
      // The first samples warm up both sides and are not counted.
      for (let sample = -Math.ceil(samples / 4); sample < samples; sample++) {
        const cairnNs = time(cairn, pairs, rounds);
        const baselineNs = time(baseline, pairs, rounds);
        if (sample < 0) continue;
        cairnTimes.push(cairnNs);
        baselineTimes.push(baselineNs);
      }
      const cairnNs = median(cairnTimes);
      const baselineNs = median(baselineTimes);
      rows.push({ name, entries, cairnNs, baselineNs, ratio: cairnNs / baselineNs });
    }
  }
  return { rows };
}

const WORKS: readonly (readonly [name: string, cairn: Work, baseline: Work])[] = [
  [
    'compare',
    (pairs) => {
      let sum = 0;
      for (const pair of pairs) sum += pair.a.compare(pair.b).length;
      return sum;
    },
    (pairs) => {
      let sum = 0;
      for (const pair of pairs) sum += plainCompare(pair.x, pair.y).length;
      return sum;
    },
  ],
  [
    'merge',
    (pairs) => {
      let sum = 0;
      for (const pair of pairs) sum += pair.a.merge(pair.b).counters.length;
      return sum;
    },
    (pairs) => {
      let sum = 0;
      for (const pair of pairs) sum += plainMerge(pair.x, pair.y).counters.length;
      return sum;
    },
  ],
  [
    'increment',
    (pairs) => {
      let sum = 0;
      for (const pair of pairs) sum += pair.a.increment(pair.id).counters.length;
      return sum;
    },
    (pairs) => {
      let sum = 0;
      for (const pair of pairs) sum += plainIncrement(pair.x, pair.id).counters.length;
      return sum;
    },
  ],
];

function plainCompare(x: Plain, y: Plain): Comparison {
  let left = false;
  let right = false;
  let i = 0;
  let j = 0;
  while (i < x.ids.length && j < y.ids.length) {
    const idX = x.ids[i] as string; // i < length
    const idY = y.ids[j] as string; // j < length
    if (idX === idY) {
      const m = x.counters[i++] as number; // as above
      const n = y.counters[j++] as number; // as above
      if (m > n) left = true;
      else if (m < n) right = true;
    } else if (idX < idY) {
      left = true;
      i++;
    } else {
      right = true;
      j++;
    }
    if (left && right) return 'concurrent';
  }
  if (i < x.ids.length) left = true;
  if (j < y.ids.length) right = true;
  if (left) return right ? 'concurrent' : 'after';
  return right ? 'before' : 'equal';
}

function plainMerge(x: Plain, y: Plain): Plain {
  const ids: string[] = [];
  const counters: number[] = [];
  let i = 0;
  let j = 0;
  while (i < x.ids.length && j < y.ids.length) {
    const idX = x.ids[i] as string; // i < length
    const idY = y.ids[j] as string; // j < length
    if (idX === idY) {
      ids.push(idX);
      counters.push(Math.max(x.counters[i++] as number, y.counters[j++] as number)); // as above
    } else if (idX < idY) {
      ids.push(idX);
      counters.push(x.counters[i++] as number); // as above
    } else {
      ids.push(idY);
      counters.push(y.counters[j++] as number); // as above
    }
  }
  for (; i < x.ids.length; i++) {
    ids.push(x.ids[i] as string); // i < length
    counters.push(x.counters[i] as number); // as above
  }
  for (; j < y.ids.length; j++) {
    ids.push(y.ids[j] as string); // j < length
    counters.push(y.counters[j] as number); // as above
  }
  return { ids, counters };
}

/** The ids stay the same array: the cheapest honest increment of a value that never changes. */
function plainIncrement(x: Plain, id: string): Plain {
  let from = 0;
  let to = x.ids.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((x.ids[middle] as string) < id)
      from = middle + 1; // middle < to
    else to = middle;
  }
  if (x.ids[from] === id) {
    const counters = x.counters.slice();
    counters[from] = (counters[from] as number) + 1; // found
    return { ids: x.ids, counters };
  }
  return {
    ids: [...x.ids.slice(0, from), id, ...x.ids.slice(from)],
    counters: [...x.counters.slice(0, from), 1, ...x.counters.slice(from)],
  };
}

function makePairs(entries: number): Pair[] {
  const random = seeded(entries);
  const pick = (below: number): number => Math.floor(random() * below);
  const suffix = (): string => Array.from({ length: 8 }, () => pick(36).toString(36)).join('');
  const pairs: Pair[] = [];
  for (let at = 0; at < PAIRS; at++) {
    const expected = ANSWERS[at % 4] as Comparison; // 0..3
    const older = new Map<string, number>();
    while (older.size < entries) older.set(`${NAMES[pick(NAMES.length)]}~${suffix()}`, 1 + pick(10_000));
    const newer = new Map(older);
    const side = new Map(older);
    const ids = [...older.keys()];
    // One to a quarter of the entries went on; in every second pair one side also lacks an id that the other has.
    const last = ids[pick(ids.length)] as string; // not empty
    const others = ids.filter((id) => id !== last);
    side.set(last, (older.get(last) as number) + 1); // among its keys
    for (let ahead = 1 + pick(entries / 4); ahead > 0; ahead--) {
      raise(newer, others[pick(others.length)] as string, 100); // at least two ids
      raise(side, ids[pick(ids.length)] as string, 1); // not empty
    }
    if (at % 8 >= 4) (expected === 'concurrent' ? newer : older).delete(last);
    const [left, right] =
      expected === 'equal'
        ? [older, older]
        : expected === 'before'
          ? [older, newer]
          : expected === 'after'
            ? [newer, older]
            : [newer, side];
    const a = fromWire(left);
    const b = fromWire(right);
    const id = a.ids[pick(a.size)] as string; // not empty
    pairs.push({ expected, a, b, x: plain(a), y: plain(b), id });
  }
  // In no order that a branch predictor could learn.
  for (let i = pairs.length - 1; i > 0; i--) {
    const j = pick(i + 1);
    [pairs[i], pairs[j]] = [pairs[j] as Pair, pairs[i] as Pair]; // both in range
  }
  return pairs;
}

function raise(entries: Map<string, number>, id: string, by: number): void {
  entries.set(id, (entries.get(id) ?? 0) + by);
}

/** As a clock reaches a replica: decoded from bytes, with arrays of its own. */
function fromWire(entries: Map<string, number>): VectorClock {
  return VectorClock.decode(VectorClock.of(entries).encode());
}

function plain(clock: VectorClock): Plain {
  return { ids: clock.ids.slice(), counters: clock.counters.slice() };
}

/** Both sides must give the right answers, or their times mean nothing. */
function check(pairs: readonly Pair[]): void {
  for (const { expected, a, b, x, y, id } of pairs) {
    const merged = plainMerge(x, y);
    const next = plainIncrement(x, id);
    const right =
      a.compare(b) === expected &&
      plainCompare(x, y) === expected &&
      a.ids !== b.ids &&
      same(a.merge(b), merged) &&
      same(a.increment(id), next);
    if (!right) throw new Error(`The bench is wrong about a pair that should be ${expected}.`);
  }
}

function same(clock: VectorClock, expected: Plain): boolean {
  return clock.ids.join() === expected.ids.join() && clock.counters.join() === expected.counters.join();
}

let consumed = 0;

function time(work: Work, pairs: readonly Pair[], rounds: number): number {
  const start = performance.now();
  for (let round = 0; round < rounds; round++) consumed += work(pairs);
  return ((performance.now() - start) * 1e6) / (rounds * pairs.length);
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

/** mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { rows } = benchClock({ small: process.argv.includes('--small') });
  console.log(
    `${'VectorClock'.padEnd(12)}${'entries'.padStart(8)}${'cairn ns'.padStart(11)}${'plain ns'.padStart(11)}${'ratio'.padStart(8)}`,
  );
  for (const { name, entries, cairnNs, baselineNs, ratio } of rows) {
    console.log(
      `${name.padEnd(12)}${String(entries).padStart(8)}${cairnNs.toFixed(1).padStart(11)}${baselineNs.toFixed(1).padStart(11)}${ratio.toFixed(2).padStart(8)}`,
    );
  }
  if (consumed === 0) throw new Error('The bench did nothing.');
}
