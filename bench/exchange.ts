/**
 * The exchange of two replicas in one process, both sides' work included: (a) many writes on both sides, some of them
 * to the same keys; (b) many equal keys and a few differences; and a replica that was away while tombstones were
 * reaped. Bytes are those of the frames. No delay is added: multiply the flights by that of the network.
 */

import { brotliCompressSync } from 'node:zlib';
import { type ExchangeReport, exchange } from 'cairndb/repair';
import { collectGarbage, ensure, median, timed } from './measure.ts';
import { benchMetadata } from './metadata.ts';
import {
  differ,
  type History,
  makeMetPair,
  makeSource,
  makeStrangers,
  openReplica,
  type Pair,
  someKeys,
} from './pairs.ts';
import type { Figure, Unit } from './report.ts';
import { change, makeProfile, makeWorkload, type Profile, seeded } from './workload.ts';

type Sizes = {
  /** (a): keys both hold, writes a side, how many of them go to the same keys on both sides. */
  readonly shared: number;
  readonly writes: number;
  readonly same: number;
  /** (b). */
  readonly keys: number;
  readonly differences: readonly number[];
  readonly stale: number;
  /** Of the metadata on the wire. */
  readonly records: number;
  readonly runs: number;
};
type Sample = { readonly ms: number; readonly mapMs: number; readonly report: ExchangeReport };

const FULL: Sizes = {
  shared: 10_000,
  writes: 10_000,
  same: 1_000,
  keys: 100_000,
  differences: [0, 10, 1_000],
  stale: 10,
  records: 10_000,
  runs: 5,
};
const SMALL: Sizes = {
  shared: 1_000,
  writes: 1_000,
  same: 100,
  keys: 2_000,
  differences: [0, 10, 100],
  stale: 10,
  records: 1_000,
  runs: 2,
};
const SEED = 2015;

/** Measures every kind of exchange, and what causality costs in bytes. */
export async function benchExchange(options: { readonly small: boolean }): Promise<Figure[]> {
  const sizes = options.small ? SMALL : FULL;
  const figures = await benchDiverged(sizes);
  for (const past of [false, true]) figures.push(...(await benchNearlyEqual(sizes, past)));
  for (const past of [false, true]) figures.push(...(await benchReconcile(sizes, past)));
  return [...figures, ...(await benchMetadata(sizes.records))];
}

/** (a) The first two runs warm up. */
async function benchDiverged({ shared, writes, same, runs }: Sizes): Promise<Figure[]> {
  const samples: Sample[] = [];
  let content = '';
  for (let run = -2; run < runs + 2; run++) {
    const { pair, written } = await makeDiverged(shared, writes, same);
    const sample = await measure(pair, written, true);
    if (run >= 0) samples.push(sample);
    ensure(
      pair.a.stats().conflicts === same && pair.a.seen.equals(pair.b.seen),
      'the replicas differ after the exchange',
    );
    content = JSON.stringify(written);
  }
  const perWrite = writes / 10_000;
  const name = `(a) ${writes.toLocaleString('en')} writes a side`;
  return [
    {
      ...figure(name, 'bytes', 'kB', bytesOf(samples)),
      floor: 950_000 * perWrite,
      aim: 650_000 * perWrite,
      note: `the same keys and values as JSON ${kB(content.length)}, with brotli ${kB(brotliCompressSync(content).length)}`,
    },
    {
      ...figure(name, 'flights', 'flights', flightsOf(samples)),
      floor: 4,
      aim: 3,
      note: 'aim: 2 and an end that carries no records',
    },
    { ...timeAgainstMap(name, samples), floor: 40, aim: 15 },
    { ...figure(name, 'messages', 'messages', messagesOf(samples)) },
    { ...figure(name, 'records', 'records', recordsOf(samples)), floor: 2 * writes, isExact: true },
  ];
}

/** (b) */
async function benchNearlyEqual(sizes: Sizes, past: boolean): Promise<Figure[]> {
  const history: History = { workload: makeWorkload(sizes.keys, SEED), past };
  const random = seeded(SEED);
  const source = await makeSource(history);
  const friends = await makeMetPair(history);
  const figures: Figure[] = [];
  for (const met of [true, false]) {
    for (const count of sizes.differences) {
      for (const sides of count === 0 ? (['one'] as const) : (['both', 'one'] as const)) {
        const samples: Sample[] = [];
        for (let run = 0; run < (met ? runsOf(sizes, count) : Math.ceil(sizes.runs / 2)); run++) {
          const pair = met ? friends : await makeStrangers(source, history);
          const keys = someKeys(history, count, random);
          await differ(pair, keys, sides, random);
          const written = keys.map((key): [string, Profile] => [key, makeProfile(0, random)]);
          samples.push(await measure(pair, written, false));
        }
        figures.push(
          ...figuresOfDifferences(
            `(b) ${titleOf(count, sides)}, ${met ? 'met' : 'never met'}${past ? ', with a past' : ''}`,
            count,
            samples,
          ),
        );
      }
    }
  }
  return figures;
}

/** Few differences take so little time that they need many runs; the same pair takes them one after the other. */
function runsOf({ runs }: Sizes, count: number): number {
  return count <= 10 ? runs * 40 : runs * 5;
}

function titleOf(count: number, sides: 'both' | 'one'): string {
  const differences = `${count.toLocaleString('en')} differences`;
  return count === 0 ? differences : `${differences} ${sides === 'both' ? 'over both sides' : 'on one side'}`;
}

function figuresOfDifferences(name: string, count: number, samples: readonly Sample[]): Figure[] {
  const bytes = figure(name, 'bytes', 'bytes', bytesOf(samples));
  const records: Figure = { ...figure(name, 'records', 'records', recordsOf(samples)), floor: count, isExact: true };
  if (count === 0) return [{ ...bytes, floor: 64, aim: 40, note: costOf(samples) }, records];
  const isFew = count === 10;
  const limits = isFew ? { floor: 590, aim: 450 } : { floor: 50 * count, aim: 33 * count };
  return [
    { ...bytes, ...limits, note: costOf(samples) },
    { ...figure(name, 'time', 'ms', timeOf(samples)), aim: isFew ? 0.2 : (3 * count) / 1_000, note: ratioOf(samples) },
    records,
  ];
}

/** The replica that stays waits for nobody when it reaps, as if it had retired the one that is away. */
async function benchReconcile(sizes: Sizes, past: boolean): Promise<Figure[]> {
  const history: History = { workload: makeWorkload(sizes.keys, SEED + 1), past };
  const random = seeded(SEED + 1);
  const samples: Sample[] = [];
  for (let run = 0; run < Math.ceil(sizes.runs / 2); run++) {
    const pair = await makeStrangers(await makeSource(history), history);
    const stale = someKeys(history, sizes.stale, random);
    for (const key of stale) await pair.a.delete(key);
    ensure((await pair.a.reap()).reaped === sizes.stale, 'tombstones stayed');
    samples.push(await measure(pair, [], true));
    const isGone = stale.every((key) => pair.b.peek(key).status === 'absent');
    ensure(isGone && pair.b.stats().keys === pair.a.stats().keys, 'a stale key lives on');
    ensure(
      samples.every(({ report }) => report.mode === 'reconcile'),
      'the replicas did not reconcile',
    );
  }
  const name = `reconcile, ${sizes.stale} stale keys among ${sizes.keys.toLocaleString('en')}${past ? ', with a past' : ''}`;
  return [
    { ...figure(name, 'bytes', 'kB', bytesOf(samples)), floor: 64_000, aim: 20_000, note: costOf(samples) },
    { ...figure(name, 'flights', 'flights', flightsOf(samples)), floor: 8, aim: 6 },
    figure(name, 'time', 'ms', timeOf(samples)),
  ];
}

/**
 * Both hold `shared` keys. Each side then writes to `same` of them, half of those delete against update, in turn on
 * either side; overwrites its own half of the others; and makes new keys until it has done all its writes.
 */
async function makeDiverged(
  shared: number,
  writes: number,
  same: number,
): Promise<{ pair: Pair; written: [string, Profile | undefined][] }> {
  const random = seeded(SEED);
  const { keys, values } = makeWorkload(shared + 2 * writes, SEED);
  const members = ['berlin', 'lima'];
  const pair = { a: await openReplica('berlin', members), b: await openReplica('lima', members) };
  for (let at = 0; at < shared; at++) await pair.a.put(keys[at] as string, values[at] as Profile); // at < length
  await exchange(pair.a, pair.b);
  const written: [string, Profile | undefined][] = [];
  let fresh = shared;
  for (const [side, store] of [pair.a, pair.b].entries()) {
    for (let done = 0; done < writes; done++) {
      const own = same + 2 * (done - same) + side;
      const at = done < same ? done : own < shared ? own : fresh++;
      const key = keys[at] as string; // at < length
      const value = at < shared ? change(values[at] as Profile, random) : (values[at] as Profile); // at < length
      const isDelete = done < same && done % 4 === side;
      written.push([key, isDelete ? undefined : value]);
      await (isDelete ? store.delete(key) : store.put(key, value));
    }
  }
  return { pair, written };
}

/** Garbage is collected beforehand where what is measured makes enough of its own to be asked for it. */
async function measure(
  { a, b }: Pair,
  written: readonly (readonly [string, Profile | undefined])[],
  collects: boolean,
): Promise<Sample> {
  if (collects) collectGarbage();
  const start = performance.now();
  const report = await exchange(a, b);
  const ms = performance.now() - start;
  if (collects) collectGarbage();
  const mapMs = timed(() => putIntoMap(written));
  return { ms, mapMs, report };
}

function putIntoMap(written: readonly (readonly [string, Profile | undefined])[]): void {
  const map = new Map<string, Profile | undefined>();
  for (const [key, value] of written) map.set(key, value);
  ensure(map.size <= written.length, 'the Map is too large');
}

function figure(name: string, what: string, unit: Unit, value: number): Figure {
  return { part: 'exchange', name: `${name}: ${what}`, unit, value };
}

function timeAgainstMap(name: string, samples: readonly Sample[]): Figure {
  const mapMs = median(samples.map((sample) => sample.mapMs));
  return {
    ...figure(name, 'time, against Map', 'times', timeOf(samples) / mapMs),
    note: `${timeOf(samples).toFixed(1)} ms, Map ${mapMs.toFixed(2)} ms`,
  };
}

const timeOf = (samples: readonly Sample[]): number => median(samples.map(({ ms }) => ms));
/** The largest: ids and times differ from run to run, limits hold for each. */
const bytesOf = (samples: readonly Sample[]): number => Math.max(...samples.map(({ report }) => report.bytes));
const flightsOf = (samples: readonly Sample[]): number => Math.max(...samples.map(({ report }) => report.flights));
const messagesOf = (samples: readonly Sample[]): number => Math.max(...samples.map(({ report }) => report.messages));
const recordsOf = (samples: readonly Sample[]): number => Math.max(...samples.map(({ report }) => report.records));
const costOf = (samples: readonly Sample[]): string =>
  `${messagesOf(samples)} messages, ${flightsOf(samples)} flights, ${timeOf(samples).toFixed(2)} ms`;
const ratioOf = (samples: readonly Sample[]): string =>
  `Map ${median(samples.map(({ mapMs }) => mapMs)).toFixed(3)} ms, ${(timeOf(samples) / median(samples.map(({ mapMs }) => mapMs))).toFixed(0)} ×`;
const kB = (bytes: number): string => `${(bytes / 1_000).toFixed(0)} kB`;
