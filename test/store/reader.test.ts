import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeyRange } from '../../src/store/key-order.ts';
import { Scan } from '../../src/store/scan.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { HOSTILE_TEXTS } from '../../src/testkit/index.ts';
import { open, recordOf, SEED, shown } from './replicas.ts';

/** Ascending in UTF-8 bytes; by UTF-16 units the last two would come before the two before them. */
const ORDERED = ['a', 'aa', 'ab', 'b', 'b\u0000', '\u00e9', '\ue000', '\uffff', '\u{10000}', '\u{1f5ff}'];

async function filled(keys: Iterable<string>): Promise<VersionedKVStore<string>> {
  const store = await open<string>('a');
  for (const key of keys) await store.put(key, `at ${key}`);
  return store;
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const inRange = ({ prefix = '', from = '', to }: KeyRange): ((key: string) => boolean) => {
  return (key) => key.startsWith(prefix) && byBytes(key, from) >= 0 && (to === undefined || byBytes(key, to) < 0);
};

describe('keys', () => {
  test.each<[KeyRange, string[]]>([
    [{}, ORDERED],
    [{ prefix: 'a' }, ['a', 'aa', 'ab']],
    [{ prefix: 'aa' }, ['aa']],
    [{ prefix: 'ac' }, []],
    [{ prefix: '' }, ORDERED],
    [{ from: 'ab' }, ORDERED.slice(2)],
    [{ from: 'aba' }, ORDERED.slice(3)],
    [{ to: 'b' }, ['a', 'aa', 'ab']],
    [{ from: 'b', to: 'b' }, []],
    [{ from: 'c', to: 'b' }, []],
    [{ from: '\ue000', to: '\u{10000}' }, ['\ue000', '\uffff']],
    [{ from: '\u{10000}' }, ['\u{10000}', '\u{1f5ff}']],
    [{ prefix: 'a', from: 'aa' }, ['aa', 'ab']],
    [{ prefix: 'a', from: 'b' }, []],
    [{ prefix: 'a', to: 'ab' }, ['a', 'aa']],
    [{ prefix: 'b', from: 'a' }, ['b', 'b\u0000']],
    [{ prefix: 'b', to: 'a' }, []],
    [{ limit: 2 }, ['a', 'aa']],
    [{ limit: 0 }, []],
    [{ prefix: 'b', limit: 9 }, ['b', 'b\u0000']],
    [{ from: 'ab', limit: 1 }, ['ab']],
  ])('keys of %j come in UTF-8 order', async (range, expected) => {
    const store = await filled([...ORDERED].reverse());
    expect([...store.keys(range)]).toEqual(expected);
    expect([...store.entries(range)].map(([key, answer]) => [key, shown(answer)])).toEqual(
      expected.map((key) => [key, `live at ${key}`]),
    );
  });

  test('keys agree with a naive sort through any writes, deletes and reapings', async () => {
    const pool = [...ORDERED, ...HOSTILE_TEXTS, 'user/1', 'user/2', 'user/10'];
    const key = fc.constantFrom(...pool);
    const step = fc.tuple(fc.constantFrom('put', 'put', 'delete', 'reap', 'scan'), key);
    const range = fc.record(
      { prefix: fc.constantFrom('', 'a', 'user/', '\u{1f5ff}', 'e'), from: key, to: key, limit: fc.nat({ max: 8 }) },
      { requiredKeys: [] },
    );
    const check = fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.array(range, { maxLength: 4 }),
      async (steps, ranges) => {
        const store = await open<string>('a');
        const live = new Set<string>();
        for (const [act, at] of steps) {
          if (act === 'put') live.add(at);
          if (act === 'delete') live.delete(at);
          if (act === 'put') await store.put(at, 'x');
          else if (act === 'delete') await store.delete(at);
          else if (act === 'reap') await store.reap();
          else expect([...store.keys()]).toEqual([...live].sort(byBytes));
        }
        for (const asked of ranges) {
          const expected = [...live].filter(inRange(asked)).sort(byBytes).slice(0, asked.limit);
          expect([...store.keys(asked)]).toEqual(expected);
        }
      },
    );
    await fc.assert(check, { seed: SEED, numRuns: 200 });
  });

  test('keys stay in order while a large store grows, shrinks and is scanned in between', async () => {
    const store = await open<string>('a');
    const live = new Set<string>();
    let state = SEED;
    for (let step = 0; step < 4_000; step += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const at = `k${(state >>> 8) % 700}`;
      if (state % 3 === 0) {
        live.delete(at);
        await store.delete(at);
      } else {
        live.add(at);
        await store.put(at, 'x');
      }
      if (step % 97 === 0) await store.reap();
      if (step % 41 === 0) expect([...store.keys()]).toEqual([...live].sort());
    }
    expect(store.stats()).toMatchObject({ live: live.size });
  });

  test('keys leave out deleted and absent keys and show those in conflict', async () => {
    const store = await filled(['live', 'deleted', 'both']);
    await store.delete('deleted');
    await store.delete('never');
    await store.put('both', 'x', { context: 'none' });
    await store.receiveReplica('superseded', recordOf('superseded', '', 'x1'));
    await store.join('b');
    expect([...store.keys()]).toEqual(['both', 'live']);
    expect([...store.conflicts()].map(([key, answer]) => [key, shown(answer)])).toEqual([
      ['both', 'conflict at both|x'],
    ]);
  });

  test('keys that come while a scan goes on do not show in it; what is reached shows as it is then', async () => {
    const store = await filled(['a', 'b', 'c']);
    const entries: string[] = [];
    for (const [key, answer] of store.entries()) {
      entries.push(`${key} ${shown(answer)}`);
      await store.put('aa', 'late');
      await store.put('c', 'late');
      await store.delete('b');
    }
    expect(entries).toEqual(['a live at a', 'c live late']);
    expect([...store.keys()]).toEqual(['a', 'aa', 'c']);
  });

  test('keys that were reaped while a scan goes on are passed over, also where another key took their place', async () => {
    const store = await filled(['a', 'b', 'c']);
    const keys: string[] = [];
    for (const key of store.keys()) {
      keys.push(key);
      await store.delete('b');
      await store.reap();
      await store.put('z', 'in the place of b');
    }
    expect(keys).toEqual(['a', 'c']);
  });

  test('keys that another scan has sorted anew meanwhile show what they hold', async () => {
    const names = (prefix: string) => Array.from({ length: 100 }, (_, at) => `${prefix}${at + 100}`);
    const store = await filled(names('m'));
    const entries: string[] = [];
    for (const [key, answer] of store.entries()) {
      entries.push(`${key} ${shown(answer)}`);
      if (entries.length !== 1) continue;
      for (const key of names('a')) await store.put(key, `at ${key}`);
      expect([...store.keys()]).toEqual([...names('a'), ...names('m')]);
    }
    expect(entries).toEqual(names('m').map((key) => `${key} live at ${key}`));
  });

  test.each([0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 1_700_000_000_123, 8.64e15])(
    'what is shown at the time %s are the versions of the record, also once the key holds another',
    async (time) => {
      let now = time;
      const store = await open<string>('a', { env: { now: () => now, random: () => 0 } });
      await store.put('live', 'x');
      await store.delete('gone');
      const versionsOf = async (key: string) => (await store.record(key)).versions;
      const [live, gone] = [await versionsOf('live'), await versionsOf('gone')];
      const [[, scanned] = []] = store.entries();
      const answers = [scanned, await store.get('live'), store.peek('live')];
      const deleted = store.peek('gone');
      now += 1;
      await store.put('live', 'later');
      await store.put('gone', 'later');
      for (const answer of answers) {
        expect(answer?.siblings).toEqual([
          { dot: { id: live[0]?.id, counter: 1 }, time: live[0]?.time, tombstone: false, value: 'x' },
        ]);
      }
      expect(live[0]?.time).toBe(time);
      expect(deleted.siblings).toEqual([
        { dot: { id: gone[0]?.id, counter: 2 }, time: gone[0]?.time, tombstone: true },
      ]);
    },
  );

  test('a Date that a reader changes is changed neither in the store nor in the siblings of the answer', async () => {
    const store = await open<Date>('a');
    await store.put('k', new Date(5));
    const [[, scanned] = []] = store.entries();
    for (const answer of [scanned, store.peek('k'), await store.get('k')]) {
      if (answer?.status !== 'live') throw new Error('it is live');
      answer.value.setTime(6);
      expect(answer.siblings).toMatchObject([{ value: new Date(5) }]);
    }
    expect(store.peek('k')).toMatchObject({ status: 'live', value: new Date(5) });
  });

  test('an answer of a scan has the context of what it shows: a write based on it supersedes nothing later', async () => {
    const store = await filled(['a', 'b']);
    const contexts: string[] = [];
    for (const [, answer] of store.entries()) contexts.push(answer.context);
    await store.put('b', 'unread');
    await store.put('b', 'based on the scan', { context: contexts[1] ?? '' });
    expect(shown(await store.get('b'))).toBe('conflict unread|based on the scan');
  });
});

describe('conflicts', () => {
  test('conflicts take a range and a limit', async () => {
    const store = await filled(ORDERED);
    for (const key of ORDERED.slice(0, 5)) await store.put(key, 'other', { context: 'none' });
    const keys = (range: KeyRange): string[] => [...store.conflicts(range)].map(([key]) => key);
    expect(keys({})).toEqual(ORDERED.slice(0, 5));
    expect(keys({ prefix: 'a', limit: 2 })).toEqual(['a', 'aa']);
    expect(keys({ from: 'ab' })).toEqual(['ab', 'b', 'b\u0000']);
    expect(keys({ from: 'c' })).toEqual([]);
  });
});

describe('Scan', () => {
  test('Scan can be walked at once, asynchronously, as an array, in part, and again', async () => {
    const store = await filled(['a', 'b', 'c']);
    const scan = store.keys();
    expect(scan).toBeInstanceOf(Scan);
    const found: string[] = [];
    for await (const key of scan) found.push(key);
    for await (const key of scan) {
      found.push(key);
      break;
    }
    expect(found).toEqual(['a', 'b', 'c', 'a']);
    expect(await scan.toArray()).toEqual(['a', 'b', 'c']);
    await store.put('d', 'x');
    expect([...scan]).toEqual(['a', 'b', 'c', 'd']);
    const iterator = scan[Symbol.iterator]();
    for (let step = 0; step < 4; step += 1) iterator.next();
    expect([iterator.next(), iterator.next()]).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
  });

  test('Scan walks asynchronously where it was given another way to', async () => {
    const now = ['now'];
    async function* later(): AsyncGenerator<string> {
      yield 'later';
      yield 'later still';
    }
    const both = new Scan(() => now[Symbol.iterator](), later);
    expect([...both]).toEqual(now);
    expect(await both.toArray()).toEqual(['later', 'later still']);
    const found: string[] = [];
    for await (const item of both) found.push(item);
    expect(found).toEqual(['later', 'later still']);
    const never = new Scan<string>(() => {
      throw new RangeError('not at once');
    }, later);
    expect(await never.toArray()).toEqual(['later', 'later still']);
    expect(() => [...never]).toThrow(RangeError);
  });
});
