import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exchange } from '../../src/repair/exchange-local.ts';
import { expectSame, SEED, shown } from '../store/replicas.ts';
import { type DriveOptions, drive, met, STORIES, type Store } from './pair.ts';

const stories = Object.entries(STORIES);

describe.each(stories)('an exchange cut off, %s,', (_, story) => {
  test.each<[string, DriveOptions]>([
    ['in one piece', {}],
    ['in frames of 64 bytes', { frameBytesMax: 64 }],
    ['one record visible at a time', { frameBytesMax: 64, visibleAtOnceMax: 0 }],
    ['one way', { frameBytesMax: 64, oneWay: true }],
  ])('after every single frame, %s, is harmless: a full one then comes to the same (L12)', async (__, options) => {
    const expected = await story();
    await exchange(...expected);
    const { frames } = await drive(await story(), options);
    for (let framesMax = 0; framesMax <= frames.length; framesMax += 1) {
      const [a, b] = await story();
      await drive([a, b], { ...options, framesMax });
      for (const [store, twin] of [
        [a, expected[0]],
        [b, expected[1]],
      ] as const) {
        for (const [key, answer] of twin.entries()) {
          if (answer.siblings.length > 1) continue;
          expect((await store.get(key)).siblings.length).toBeLessThanOrEqual(2);
        }
      }
      await exchange(a, b);
      expectSame(a, b);
      expectSame(a, expected[0]);
      expectSame(b, expected[1]);
    }
  });

  test('is repeated from where it was, cut again and again, until it is through', async () => {
    const expected = await story();
    await exchange(...expected);
    const pair = await story();
    for (let framesMax = 0; framesMax < 20; framesMax += 1) {
      await drive(pair, { frameBytesMax: 64, visibleAtOnceMax: 0, framesMax });
    }
    await exchange(...pair);
    expectSame(...pair);
    expectSame(pair[0], expected[0]);
  });
});

describe('an exchange beside other work', () => {
  const act = fc.constantFrom('put', 'blind', 'delete', 'reap', 'force', 'resolve', 'context');
  const work = fc.record({
    before: fc.nat({ max: 12 }),
    at: fc.nat({ max: 1 }),
    act,
    key: fc.constantFrom('k1', 'k2', 'k3'),
  });

  test('of writes, deletes and reapings between its frames loses nothing, brings nothing back, and converges', async () => {
    const check = fc.asyncProperty(
      fc.constantFrom(...stories.map(([name]) => name)),
      fc.array(work, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      async (name, works, isSmall) => {
        const pair = await (STORIES[name] ?? met)();
        const [a, b] = pair;
        const options = isSmall ? { frameBytesMax: 64, visibleAtOnceMax: 0 } : {};
        const fresh: string[] = [];
        const early = (await a.get('k1')).context;
        let written = 0;
        await drive(pair, {
          ...options,
          on: async ({ bytes }, at) => {
            for (const { before, at: which, act: what, key } of works) {
              if (before !== at) continue;
              const store = which === 0 ? a : b;
              written += 1;
              await store.put(`fresh${written}`, `${written}`);
              fresh.push(`fresh${written}`);
              await perform(store, what, key, `w${written}`, early);
            }
            return bytes;
          },
        });
        for (let round = 0; round < 3; round += 1) {
          for (let twice = 0; twice < 2; twice += 1) await exchange(a, b);
          for (const store of pair) await store.reap();
        }
        expectSame(a, b);
        expect([a.stats().tombstones, b.stats().residuals]).toEqual([0, 0]);
        for (const key of fresh) expect(shown(await a.get(key))).toBe(`live ${key.slice(5)}`);
        expect((await exchange(a, b)).mode).toBe('equal');
      },
    );
    await fc.assert(check, { seed: SEED, numRuns: 400 });
  });

  async function perform(store: Store, what: string, key: string, value: string, early: string): Promise<void> {
    const { context } = await store.get(key);
    if (what === 'put') await store.put(key, value, { context });
    else if (what === 'blind') await store.put(key, value, { context: 'none' });
    else if (what === 'delete') await store.delete(key, { context });
    else if (what === 'resolve') await store.resolve(key, { kind: 'value', value });
    else if (what === 'context') await store.put('k1', value, { context: early });
    else await store.reap({ force: what === 'force' });
  }

  test('shows a deleted key at no moment to the replica that deleted it', async () => {
    const [a, b] = await met();
    await a.delete('k1');
    await b.put('k2', 'x');
    await a.reap({ force: true });
    const seen: string[] = [];
    await drive([a, b], {
      frameBytesMax: 64,
      visibleAtOnceMax: 0,
      on: async ({ bytes }) => {
        seen.push(shown(await a.get('k1')));
        return bytes;
      },
    });
    expect(new Set(seen)).toEqual(new Set(['absent']));
    expect(shown(await b.get('k1'))).toBe('absent');
  });

  test('makes everything visible in one commit, so that readers see causal cuts', async () => {
    const [a, b] = await met();
    for (let n = 0; n < 50; n += 1) await a.put(`new${n}`, 'x');
    const commits: number[] = [];
    b.subscribe((keys) => commits.push(keys.length));
    await drive([a, b], { frameBytesMax: 64 });
    expect(commits).toEqual([50]);
  });

  test('says which keys were taken in, and with which of them the clock', async () => {
    const [a, b] = await met();
    for (const key of ['x', 'y', 'z']) await a.put(key, '1'.repeat(70));
    const { one, two } = await drive([a, b], { frameBytesMax: 64, visibleAtOnceMax: 0 });
    const keys = two.takenIn.flatMap((taken) => taken.keys);
    expect([keys, two.takenIn.map(({ isAdopted }) => isAdopted).lastIndexOf(true)]).toEqual([
      ['x', 'y', 'z'],
      two.takenIn.length - 1,
    ]);
    expect(two.takenIn.filter(({ isAdopted }) => isAdopted).length).toBe(1);
    expect([one.isDone, two.isDone, one.hasAdopted, two.hasAdopted, one.recordsSent, two.recordsSent]).toEqual([
      true,
      true,
      true,
      true,
      3,
      0,
    ]);
  });
});
