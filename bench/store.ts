/**
 * One replica's reads and writes against a native Map that holds equal objects, key by key in random orders. Writes and
 * `get` are awaited one at a time. The Map does its work twice: plainly (what the limits are judged by), and with an
 * await of a resolved promise for each operation, which tells what of the difference is the await alone.
 */

import { openStore } from 'cairndb';
import { ensure, interleaved, type Times, timed, timedAsync } from './measure.ts';
import type { Figure } from './report.ts';
import { makeWorkload, type Profile, type Random, seeded, shuffled, type Workload } from './workload.ts';

type Work =
  | 'put'
  | 'get'
  | 'peek'
  | 'scan, first (sorts)'
  | 'scan'
  | 'scan, for await'
  | 'scan, Map in key order too'
  | 'overwrite'
  | 'update'
  | 'delete';

type Entry = { readonly key: string; readonly value: Profile };
/** The order of each work, decided beforehand. */
type Plan = Readonly<Record<'put' | 'get' | 'peek' | 'overwrite' | 'update' | 'delete', readonly Entry[]>>;

const SEED = 75;
const LIMITS: Partial<Record<Work, { readonly floor: number; readonly aim: number }>> = {
  put: { floor: 6, aim: 4 },
  overwrite: { floor: 8, aim: 5 },
  delete: { floor: 6, aim: 3 },
  get: { floor: 4, aim: 2 },
  peek: { floor: 2, aim: 1.2 },
  scan: { floor: 2, aim: 1.4 },
};
const RESOLVED: Promise<void> = Promise.resolve();

/** Measures every operation of a store on `keys` keys. */
export async function benchStore(options: { readonly small: boolean }): Promise<Figure[]> {
  const count = options.small ? 2_000 : 100_000;
  const rounds = options.small ? { counted: 3, warmup: 1 } : { counted: 9, warmup: 2 };
  const plan = makePlan(makeWorkload(count, SEED), seeded(SEED));
  // An application has its store open for as long as it lives. V8 throws away what it compiled for a class when the last
  // instance is collected, so without this one every round would be a first one.
  const open = await openStore<Profile>({ name: 'open' });
  const [plain, awaited, cairn] = await interleaved<Work>(
    [(): Promise<Times<Work>> => runMap(plan), () => runMapAwaited(plan), () => runCairn(plan)],
    rounds,
  );
  await open.close();
  ensure(plain !== undefined && awaited !== undefined && cairn !== undefined, 'a subject did not run');
  const nanoseconds = (ms: number): string => `${((ms * 1e6) / count).toFixed(0)} ns`;
  return (Object.keys(cairn) as Work[]).map((work) => ({
    part: 'store',
    name: `${work}, against Map`,
    value: cairn[work] / plain[work],
    unit: 'slower',
    ...LIMITS[work],
    note:
      `${nanoseconds(cairn[work])}, Map ${nanoseconds(plain[work])}` +
      (Number.isNaN(awaited[work])
        ? ''
        : `, with an await ${nanoseconds(awaited[work])} (1/${(cairn[work] / awaited[work]).toFixed(2)})`),
  }));
}

function makePlan({ keys, values, changed }: Workload, random: Random): Plan {
  const entries = keys.map((key, at): Entry => ({ key, value: values[at] as Profile })); // parallel
  const others = keys.map((key, at): Entry => ({ key, value: changed[at] as Profile })); // parallel
  return {
    put: entries,
    get: shuffled(entries, random),
    peek: shuffled(entries, random),
    overwrite: shuffled(others, random),
    update: shuffled(entries, random),
    delete: shuffled(entries, random),
  };
}

const sumOfIds = (plan: Plan): number => plan.put.reduce((sum, { value }) => sum + value.id, 0);

async function runCairn(plan: Plan): Promise<Times<Work>> {
  const store = await openStore<Profile>({ name: 'berlin' });
  const sums: number[] = [];
  const times: Times<Work> = {
    put: await timedAsync(async () => {
      for (const { key, value } of plan.put) await store.put(key, value);
    }),
    get: await timedAsync(async () => {
      let sum = 0;
      for (const { key } of plan.get) {
        const answer = await store.get(key);
        if (answer.status === 'live') sum += answer.value.id;
      }
      sums.push(sum);
    }),
    peek: timed(() => {
      let sum = 0;
      for (const { key } of plan.peek) {
        const answer = store.peek(key);
        if (answer.status === 'live') sum += answer.value.id;
      }
      sums.push(sum);
    }),
    'scan, first (sorts)': timed(() => {
      let sum = 0;
      for (const [, answer] of store.entries()) if (answer.status === 'live') sum += answer.value.id;
      sums.push(sum);
    }),
    scan: timed(() => {
      let sum = 0;
      for (const [, answer] of store.entries()) if (answer.status === 'live') sum += answer.value.id;
      sums.push(sum);
    }),
    'scan, Map in key order too': Number.NaN,
    'scan, for await': await timedAsync(async () => {
      let sum = 0;
      for await (const [, answer] of store.entries()) if (answer.status === 'live') sum += answer.value.id;
      sums.push(sum);
    }),
    overwrite: await timedAsync(async () => {
      for (const { key, value } of plan.overwrite) await store.put(key, value);
    }),
    update: await timedAsync(async () => {
      for (const { key, value } of plan.update) {
        await store.update(key, (draft: { score: number; active: boolean } & Profile) => {
          draft.score = value.score;
          draft.active = value.active;
        });
      }
    }),
    delete: await timedAsync(async () => {
      for (const { key } of plan.delete) await store.delete(key);
    }),
  };
  ensure(sums.length === 5 && sums.every((sum) => sum === sumOfIds(plan)), 'a read of the store saw other values');
  ensure(store.stats().tombstones === plan.put.length, 'not every key was deleted');
  await store.close();
  return { ...times, 'scan, Map in key order too': times.scan };
}

/** Without a single await, so that every difference is the store's. */
async function runMap(plan: Plan): Promise<Times<Work>> {
  const map = new Map<string, Profile>();
  const sums: number[] = [];
  const get = (entries: readonly Entry[]): number =>
    timed(() => {
      let sum = 0;
      for (const { key } of entries) {
        const value = map.get(key);
        if (value !== undefined) sum += value.id;
      }
      sums.push(sum);
    });
  const scan = (): number =>
    timed(() => {
      let sum = 0;
      for (const [, value] of map) sum += value.id;
      sums.push(sum);
    });
  const scanInOrder = (sorted: readonly string[]): number =>
    timed(() => {
      let sum = 0;
      for (const key of sorted) sum += map.get(key)?.id ?? 0;
      sums.push(sum);
    });
  const times: Times<Work> = {
    put: timed(() => {
      for (const { key, value } of plan.put) map.set(key, value);
    }),
    get: get(plan.get),
    peek: get(plan.peek),
    'scan, first (sorts)': timed(() => {
      let sum = 0;
      for (const key of [...map.keys()].sort()) sum += map.get(key)?.id ?? 0;
      sums.push(sum);
    }),
    scan: scan(),
    'scan, for await': scan(),
    'scan, Map in key order too': scanInOrder([...map.keys()].sort()),
    overwrite: timed(() => {
      for (const { key, value } of plan.overwrite) map.set(key, value);
    }),
    update: timed(() => {
      for (const { key, value } of plan.update) {
        const held = map.get(key);
        if (held !== undefined) map.set(key, { ...held, score: value.score, active: value.active });
      }
    }),
    delete: timed(() => {
      for (const { key } of plan.delete) map.delete(key);
    }),
  };
  ensure(sums.every((sum) => sum === sumOfIds(plan)) && map.size === 0, 'the Map did something else');
  return times;
}

/** One await for each operation that the store awaits; the works it does not await are those of the plain Map. */
async function runMapAwaited(plan: Plan): Promise<Times<Work>> {
  const map = new Map<string, Profile>();
  let sum = 0;
  const times = {
    put: await timedAsync(async () => {
      for (const { key, value } of plan.put) {
        map.set(key, value);
        await RESOLVED;
      }
    }),
    get: await timedAsync(async () => {
      for (const { key } of plan.get) {
        const value = map.get(key);
        await RESOLVED;
        if (value !== undefined) sum += value.id;
      }
    }),
    'scan, for await': await timedAsync(async () => {
      for (const [, value] of map) {
        await RESOLVED;
        sum += value.id;
      }
    }),
    overwrite: await timedAsync(async () => {
      for (const { key, value } of plan.overwrite) {
        map.set(key, value);
        await RESOLVED;
      }
    }),
    update: await timedAsync(async () => {
      for (const { key, value } of plan.update) {
        const held = map.get(key);
        if (held !== undefined) map.set(key, { ...held, score: value.score, active: value.active });
        await RESOLVED;
      }
    }),
    delete: await timedAsync(async () => {
      for (const { key } of plan.delete) {
        map.delete(key);
        await RESOLVED;
      }
    }),
  };
  ensure(sum === 2 * sumOfIds(plan) && map.size === 0, 'the awaited Map did something else');
  return { ...NOT_AWAITED, ...times };
}

const NOT_AWAITED = {
  peek: Number.NaN,
  'scan, first (sorts)': Number.NaN,
  scan: Number.NaN,
  'scan, Map in key order too': Number.NaN,
};
