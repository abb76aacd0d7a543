/**
 * Puts into a durable store against the same puts into the engine by hand, many callers and one, and how long they hold
 * up everything else in the process. Every round writes keys that were never written before, into databases that grow,
 * and is long enough that the engine's own work (LevelDB empties 4 MB of memory into a table) falls into each.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ensure, interleaved, type Times, timedAsync } from './measure.ts';
import type { StorageFigure } from './storage-report.ts';
import {
  cairnSide,
  type Durability,
  groupedSide,
  inDirectories,
  jsonOf,
  type Kind,
  type Side,
  singleSide,
} from './storage-subjects.ts';
import { keyOf, makeWorkload, seeded, shuffled, type Workload } from './workload.ts';

type Plan = Workload & { readonly bytes: readonly Uint8Array[] };
type Rounds = { readonly counted: number; readonly warmup: number };
type Work = 'put';

const CALLERS = 64;
const SEED = 64;

/** Measures puts with group commit, one at a time and buffered, over LevelDB and LMDB. */
export async function benchStorageWrites(options: { readonly small: boolean }): Promise<StorageFigure[]> {
  const rounds = options.small ? { counted: 3, warmup: 1 } : { counted: 9, warmup: 2 };
  const many = options.small ? 640 : 25_600;
  const few = options.small ? 20 : 400;
  const all = rounds.counted + rounds.warmup;
  const workload = makeWorkload(all * many, SEED);
  const ids = Array.from({ length: all * many }, (_, id) => id);
  const keys = shuffled(ids, seeded(SEED)).map(keyOf);
  const plan: Plan = { ...workload, keys, bytes: workload.values.map(jsonOf) };
  const stall = { cairn: 0, raw: 0 };
  return [
    await grouped(plan, many, rounds, 'level', 'synced', stall),
    await single(plan, few, rounds, 'level'),
    await grouped(plan, many, rounds, 'level', 'buffered'),
    {
      name: 'longest stall of the event loop, 64 callers',
      value: stall.cairn,
      unit: 'ms',
      floor: { atMost: 50 },
      note: `raw ${stall.raw.toFixed(1)} ms`,
    },
    // Five times as slow: as much time with fewer puts.
    await grouped(plan, many / 5, rounds, 'lmdb', 'synced'),
    await single(plan, few / 4, rounds, 'lmdb'),
  ];
}

async function grouped(
  plan: Plan,
  count: number,
  rounds: Rounds,
  kind: Kind,
  durability: Durability,
  stall?: { cairn: number; raw: number },
): Promise<StorageFigure> {
  const [cairn, raw, json] = await inDirectories(async (fresh) => {
    const sides = [
      await cairnSide(fresh(), kind, durability),
      await groupedSide(fresh(), kind, durability, 'quickest'),
      await groupedSide(fresh(), kind, durability, 'common'),
    ] as const;
    const tell = (at: 'cairn' | 'raw') => (delay: number) => {
      if (stall !== undefined) stall[at] = Math.max(stall[at], delay);
    };
    const runs = [
      putter(sides[0], plan, count, CALLERS, rounds, tell('cairn')),
      putter(sides[1], plan, count, CALLERS, rounds, tell('raw')),
      putter(sides[2], plan, count, CALLERS, rounds),
    ];
    const times = await interleaved<Work>(runs, rounds);
    for (const side of sides) await side.close();
    return times;
  });
  ensure(cairn !== undefined && raw !== undefined && json !== undefined, 'a side did not run');
  return {
    name: `${durability === 'synced' ? 'durable' : 'buffered'} put, ${CALLERS} callers, against raw ${kind}`,
    value: raw.put / cairn.put,
    unit: 'times',
    ...(kind === 'level' ? { floor: { atLeast: 0.6 } } : {}),
    note: `${speed(count, cairn.put)}, raw ${speed(count, raw.put)}, in arrays that it makes its JSON for ${speed(count, json.put)} (${(json.put / cairn.put).toFixed(2)} ×)`,
  };
}

async function single(plan: Plan, count: number, rounds: Rounds, kind: Kind): Promise<StorageFigure> {
  const [cairn, raw] = await inDirectories(async (fresh) => {
    const sides = [await cairnSide(fresh(), kind, 'synced'), await singleSide(fresh(), kind)];
    const times = await interleaved<Work>(
      sides.map((side) => putter(side, plan, count, 1, rounds)),
      rounds,
    );
    for (const side of sides) await side.close();
    return times;
  });
  ensure(cairn !== undefined && raw !== undefined, 'a side did not run');
  return {
    name: `durable put, one caller, against raw ${kind}`,
    value: raw.put / cairn.put,
    unit: 'times',
    ...(kind === 'level' ? { floor: { atLeast: 0.85 } } : {}),
    note: `${speed(count, cairn.put)}, raw ${speed(count, raw.put)}`,
  };
}

/** Every call puts the next `count` keys of the plan. */
function putter(
  side: Side,
  { keys, values, bytes }: Plan,
  count: number,
  callers: number,
  { warmup }: Rounds,
  onStall?: (delayMs: number) => void,
): () => Promise<Times<Work>> {
  let at = 0;
  let round = -warmup;
  return async () => {
    const end = at + count;
    const caller = async (): Promise<void> => {
      while (at < end) {
        const next = at;
        at += 1;
        // In range: there are as many as all rounds take.
        await side.put(keys[next] as string, values[next] as (typeof values)[number], bytes[next] as Uint8Array);
      }
    };
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const put = await timedAsync(() => Promise.all(Array.from({ length: callers }, caller)));
    delay.disable();
    if (round >= 0) onStall?.(delay.max / 1e6);
    round += 1;
    return { put };
  };
}

function speed(count: number, ms: number): string {
  return `${Math.round((count / ms) * 1_000).toLocaleString('en')}/s`;
}
