import { describe, expect, test } from 'vitest';
import { CausalError } from '../../src/errors.ts';
import type { Hint } from '../../src/repair/hints.ts';
import { noGroupCounts } from '../../src/replica/group-counts.ts';
import { encodeHint } from '../../src/replica/hint-encoding.ts';
import { HintStore } from '../../src/replica/hint-store.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { StorageEngine } from '../../src/storage/storage.ts';
import { watched } from '../storage/watched.ts';
import { refusalOf } from '../store/replicas.ts';

const hint = (target: string, key: string, counter = 1, keptAt = 0): Hint => ({
  target,
  key,
  dot: { id: 'a~1', counter },
  keptAt,
});

/** What is in the engine. */
async function stored(engine: StorageEngine): Promise<number> {
  const storage = await engine.open();
  let count = 0;
  for await (const entries of storage.scan({})) count += entries.length;
  await storage.close();
  return count;
}

describe('HintStore', () => {
  test('open finds what was kept and not ended, in order of age', async () => {
    const storage = memoryStorage();
    const counts = noGroupCounts();
    const store = await HintStore.open({ storage }, counts);
    await store.keep([hint('b', '1', 1, 30), hint('b', '2', 2, 20), hint('c', '1', 1, 10)]);
    await store.keep([hint('b', '2', 5, 40)]);
    const [first] = store.of('b');
    if (first !== undefined) store.end(first, 'delivered');
    await store.close();
    expect(counts).toMatchObject({ hintsKept: 3, hintsDelivered: 1, hintsDropped: 0 });
    const again = await HintStore.open({ storage, hintsMax: 1 }, counts);
    expect([again.size, again.of('b')]).toEqual([1, [hint('b', '2', 5, 40)]]);
    expect(counts.hintsDropped).toBe(1);
    await again.close();
    expect(await stored(storage)).toBe(1);
  });

  test('open drops and counts what is damaged, and leaves alone what a newer release wrote', async () => {
    const storage = memoryStorage();
    const engine = await storage.open();
    const [key, value] = encodeHint(hint('b', 'k'));
    const [other, damaged] = encodeHint(hint('b', 'l'));
    damaged[3] = (damaged[3] ?? 0) ^ 1;
    await engine.commit(
      {
        puts: [
          [key, value],
          [other, damaged],
        ],
        deletes: [],
      },
      'synced',
    );
    await engine.close();
    const counts = noGroupCounts();
    const store = await HintStore.open({ storage }, counts);
    expect(store.of('b')).toEqual([hint('b', 'k')]);
    expect(counts.hintsDropped).toBe(1);
    await store.close();
    expect(await stored(storage)).toBe(1);
  });

  test('keep counts a hint when it is durable, and shares a commit with what comes meanwhile', async () => {
    const commits: number[] = [];
    let release: (() => void) | undefined;
    const inner = memoryStorage();
    const storage = watched(inner, {
      before: async ({ puts }) => {
        commits.push(puts.length);
        if (commits.length === 1) await new Promise<void>((resolve) => (release = resolve));
      },
    });
    const counts = noGroupCounts();
    const store = await HintStore.open({ storage }, counts);
    const first = store.keep([hint('b', '1')]);
    await Promise.resolve();
    const others = [store.keep([hint('b', '2')]), store.keep([hint('b', '3')]), store.keep([hint('b', '2', 4)])];
    await new Promise((resolve) => setImmediate(resolve));
    expect([commits, counts.hintsKept]).toEqual([[1], 0]);
    release?.();
    await Promise.all([first, ...others]);
    expect([commits, counts.hintsKept]).toEqual([[1, 2], 3]);
    await store.close();
    expect(await stored(inner)).toBe(3);
  });

  test('keep that the engine refuses is dropped and not counted', async () => {
    let isFull = true;
    const storage = watched(memoryStorage(), {
      before: () => {
        if (isFull) throw new CausalError('STORAGE_FULL', 'Cannot commit: full');
      },
    });
    const counts = noGroupCounts();
    const store = await HintStore.open({ storage }, counts);
    expect(await refusalOf(() => store.keep([hint('b', '1')]))).toBe('STORAGE_FULL');
    expect([store.size, counts.hintsKept]).toEqual([0, 0]);
    isFull = false;
    await store.keep([hint('b', '1')]);
    expect([store.size, counts.hintsKept]).toEqual([1, 1]);
    await store.close();
  });

  test('keep beyond the bound lets the oldest go, in the engine too', async () => {
    const storage = memoryStorage();
    const counts = noGroupCounts();
    const store = await HintStore.open({ storage, hintsMax: 2 }, counts);
    for (const key of ['1', '2', '3', '4']) await store.keep([hint('b', key)]);
    expect(store.of('b').map(({ key }) => key)).toEqual(['3', '4']);
    expect(counts).toMatchObject({ hintsKept: 4, hintsDropped: 2 });
    await store.close();
    expect(await stored(storage)).toBe(2);
  });

  test('sweep drops what is too old and what is owed to nobody, and counts both apart', async () => {
    const storage = memoryStorage();
    const counts = noGroupCounts();
    const store = await HintStore.open({ storage, ttlMs: 1_000 }, counts);
    await store.keep([hint('b', '1', 1, 0), hint('b', '2', 1, 500), hint('c', '1', 1, 500)]);
    store.sweep(1_200, (target) => target !== 'c');
    expect(store.targets()).toEqual(['b']);
    expect(store.of('b').map(({ key }) => key)).toEqual(['2']);
    expect(counts).toMatchObject({ hintsExpired: 1, hintsDropped: 1 });
    await store.close();
    expect(await stored(storage)).toBe(1);
  });

  test('HintStore without options keeps its hints in memory', async () => {
    const counts = noGroupCounts();
    const store = await HintStore.open(undefined, counts);
    await store.keep([hint('b', '1', 1, Number.NaN)]);
    expect([store.size, store.of('b')[0]?.keptAt, counts.hintsKept]).toEqual([1, 0, 1]);
    await store.close();
  });

  test.each([{ ttlMs: -1 }, { hintsMax: -1 }, { hintsMax: 0.5 }])(
    'open refuses %j and lets go of the engine',
    async (bad) => {
      const storage = memoryStorage();
      expect(await refusalOf(() => HintStore.open({ storage, ...bad }, noGroupCounts()))).toBe('RangeError');
      await (await storage.open()).close();
    },
  );
});
