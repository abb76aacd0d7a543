import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { idOf } from '../../src/store/membership.ts';
import type { Report } from '../../src/store/operations.ts';
import { stateOf } from '../../src/store/versioned-kv-store.ts';
import { expectSame, open, recordOf, shown } from '../store/replicas.ts';
import { drive, lose, met, type Store } from './pair.ts';

async function reporting(): Promise<{ a: Store; b: Store; reports: Report[] }> {
  const reports: Report[] = [];
  const a = await open<string>('a', { members: ['a', 'b'] });
  const b = await open<string>('b', { members: ['a', 'b'], onReport: (report) => reports.push(report) });
  for (let n = 0; n < 30; n += 1) await a.put(`k${n}`, `value ${n}`);
  await b.put('of b', 'x');
  await exchange(a, b);
  return { a, b, reports };
}

describe('an exchange with a replica that lost records', () => {
  test('brings them back from the peer, reports them, and drops nothing anywhere', async () => {
    const { a, b, reports } = await reporting();
    lose(b, 'k3', 'k7', 'of b');
    expect([shown(await b.get('k3')), b.seen.equals(a.seen)]).toEqual(['absent', true]);
    expect(await exchange(a, b)).toMatchObject({ mode: 'mend', records: 3 });
    expectSame(a, b);
    expect(shown(await b.get('k3'))).toBe('live value 3');
    expect(reports).toMatchObject([{ kind: 'damage' }]);
    const [report] = reports;
    const lost = report?.kind === 'damage' ? report.dots.map(({ id, counter }) => `${id}:${counter}`).sort() : [];
    expect(lost).toEqual(['a~1:4', 'a~1:8', 'b~1:1']);
    expect((await exchange(a, b)).mode).toBe('equal');
  });

  test('reports it only where something was lost, and shows nothing of a tombstone that was', async () => {
    const reports: [string, Report][] = [];
    const of = (name: string): Promise<Store> =>
      open<string>(name, { members: ['a', 'b'], onReport: (report) => reports.push([name, report]) });
    const [a, b] = [await of('a'), await of('b')];
    for (const key of ['k1', 'k2', 'k3']) await a.put(key, 'v');
    await a.delete('k2');
    await exchange(a, b);
    lose(b, 'k2');
    expect((await exchange(a, b)).mode).toBe('equal');
    expect(reports).toEqual([]);
    lose(b, 'k1');
    expect(await exchange(a, b)).toMatchObject({ mode: 'mend', records: 1 });
    expect(reports).toEqual([['b', { kind: 'damage', dots: [{ id: 'a~1', counter: 1 }] }]]);
  });

  test('mends both sides at once, siblings among what was lost', async () => {
    const { a, b } = await reporting();
    await a.put('k1', 'beside', { context: 'none' });
    await a.delete('k2', { context: 'none' });
    await exchange(a, b);
    lose(b, 'k1', 'k5');
    lose(a, 'k2', 'k6', 'k7');
    expect((await exchange(a, b)).mode).toBe('mend');
    expectSame(a, b);
    expect([shown(await b.get('k1')), shown(await a.get('k2')), shown(await a.get('k6'))]).toEqual([
      'conflict value 1|beside',
      'conflict value 2|†',
      'live value 6',
    ]);
  });

  test('mends after the difference was exchanged, when news and losses come together', async () => {
    const { a, b } = await reporting();
    lose(b, 'k3');
    await a.put('k4', 'news');
    await b.put('k5', 'news');
    const modes = [(await exchange(a, b)).mode, (await exchange(a, b)).mode, (await exchange(a, b)).mode];
    expect(modes).toEqual(['difference', 'mend', 'equal']);
    expectSame(a, b);
    expect(shown(await b.get('k3'))).toBe('live value 3');
  });

  test('restores no value that was deleted before, and no tombstone beside what was written since', async () => {
    const { a, b } = await reporting();
    await a.delete('k1');
    await a.delete('k2');
    await exchange(a, b);
    await exchange(a, b);
    for (const store of [a, b]) await store.reap();
    await b.put('k2', 'again');
    await exchange(a, b);
    lose(b, 'k2', 'k3');
    lose(a, 'k4');
    await exchange(a, b);
    expectSame(a, b);
    expect([shown(await a.get('k1')), shown(await b.get('k2')), shown(await a.get('k4'))]).toEqual([
      'absent',
      'live again',
      'live value 4',
    ]);
  });

  test('one way mends only the side that takes', async () => {
    const { a, b } = await reporting();
    lose(a, 'k1');
    lose(b, 'k2');
    await exchange(a, b, { oneWay: true });
    expect([shown(await a.get('k1')), shown(await b.get('k2'))]).toEqual(['absent', 'live value 2']);
    await exchange(a, b);
    expectSame(a, b);
    expect(shown(await a.get('k1'))).toBe('live value 1');
  });

  test('mends whatever is written in between, at the latest with the next exchanges', async () => {
    for (let at = 0; at < 6; at += 1) {
      for (const [which, blind] of [
        [0, false],
        [1, false],
        [0, true],
        [1, true],
      ] as const) {
        const { a, b } = await reporting();
        lose(b, 'k3', 'k4');
        let isWritten = false;
        await drive([a, b], {
          on: async ({ bytes }, arriving) => {
            if (arriving !== at) return bytes;
            await (which === 0 ? a : b).put('k3', 'meanwhile', blind ? { context: 'none' } : {});
            isWritten = true;
            return bytes;
          },
        });
        for (const store of [a, b]) for (const [key] of store.entries()) expect(covered(store, key)).toBe(true);
        for (let round = 0; round < 3; round += 1) await exchange(a, b);
        expectSame(a, b);
        expect(shown(await b.get('k4'))).toBe('live value 4');
        const { siblings } = await a.get('k3');
        expect(siblings.some((sibling) => !sibling.tombstone && sibling.value === 'meanwhile')).toBe(isWritten);
      }
    }
  });

  function covered(store: Store, key: string): boolean {
    const { versions, context } = stateOf(store).recordOf(key);
    return versions.every(({ id, counter }) => context.has(id, counter));
  }

  test('takes no harm from a lost tombstone: nothing comes back', async () => {
    const [a, b] = await met();
    await a.delete('k1');
    await exchange(a, b);
    lose(b, 'k1');
    await exchange(a, b);
    await b.put('k2', 'x');
    await exchange(a, b);
    expect([shown(await a.get('k1')), shown(await b.get('k1'))]).toEqual(['deleted', 'absent']);
    for (const store of [a, b]) await store.reap();
    await exchange(a, b);
    expectSame(a, b);
  });
});

describe('an exchange with a replica that begins a new incarnation', () => {
  const metAs = (store: Store): string | undefined => idOf(stateOf(store).membership, 'a');

  test('takes frames of the former one that come late for what they are', async () => {
    const story = async (): Promise<readonly [Store, Store]> => {
      const [a, b] = await met();
      await a.put('k1', 'x');
      await b.put('k2', 'y');
      return [a, b];
    };
    const { frames } = await drive(await story());
    const hello = frames.findIndex(({ to }) => to === 1);
    for (let at = hello + 1; at < frames.length; at += 1) {
      const [a, b] = await story();
      await drive([a, b], {
        on: ({ bytes }, arriving) => {
          if (arriving === at) stateOf(b).membership.advance('a~2', DotSet.empty);
          return bytes;
        },
      });
      expect([at, metAs(b)]).toEqual([at, 'a~2']);
    }
  });

  test('knows it by its new id when it has nothing to show but that both are equal', async () => {
    const [, b] = await met();
    expect(metAs(b)).toBe('a~1');
    const [between, again] = [await open<string>('c'), await open<string>('a', { incarnation: '2' })];
    await exchange(b, between);
    await exchange(between, again);
    expect((await exchange(b, again)).mode).toBe('equal');
    expect(metAs(b)).toBe('a~2');
  });
});

describe('an exchange of a dot used for different writes', () => {
  test('reports the key and the dot once, on the side that met it, and nothing without one', async () => {
    const reports: [string, Report][] = [];
    const of = (name: string): Promise<Store> =>
      open<string>(name, { onReport: (report) => reports.push([name, report]) });
    const [a, b] = [await of('a'), await of('b')];
    await a.put('other', 'v');
    await a.receiveReplica('k', recordOf('k', 'x1=one'));
    await b.receiveReplica('k', recordOf('k', 'x1=two'));
    await b.put('k', 'three', { context: 'none' });
    await exchange(a, b);
    expect(reports).toEqual([['a', { kind: 'collision', key: 'k', dots: [{ id: 'x', counter: 1 }] }]]);
    const before = reports.length;
    await a.put('other', 'w');
    await exchange(a, b);
    expect(reports.length).toBe(before);
  });

  test('reports the collision on the side that meets it, and both come to the same siblings', async () => {
    const { a, b, reports } = await reporting();
    const record = { id: 'x', counter: 1, time: 5 };
    const context = (await a.record('k')).context.add('x', 1);
    await a.receiveReplica('k', { key: 'k', versions: [{ ...record, value: 'one' }], context });
    await b.receiveReplica('k', { key: 'k', versions: [{ ...record, value: 'two' }], context });
    await b.put('k', 'three', { context: 'none' });
    await exchange(a, b);
    for (let round = 0; round < 2; round += 1) await exchange(a, b);
    expectSame(a, b);
    expect((await a.get('k')).siblings.map((sibling) => !sibling.tombstone && sibling.value).sort()).toEqual([
      'one',
      'three',
      'two',
    ]);
    expect([a.stats().collisions + b.stats().collisions > 0, reports.length <= 1]).toEqual([true, true]);
  });
});
