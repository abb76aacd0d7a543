import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COUNTER_MAX } from '../../src/limits.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { adopt, Knowledge } from '../../src/store/knowledge.ts';
import { stateOf } from '../../src/store/versioned-kv-store.ts';
import { set, showSet } from '../clock/literals.ts';
import { expectRefused, open, recordOf, refusalOf, SEED, shown } from './replicas.ts';

describe('the hybrid time of a version', () => {
  test.each<[string, number[], string[], number[]]>([
    ['the wall clock where it moves on', [10, 20, 30], ['put', 'put', 'put'], [10, 20, 30]],
    ['one more than what it supersedes where it stands', [10, 10, 10], ['put', 'delete', 'put'], [10, 11, 12]],
    ['one more than what it supersedes where it goes back', [10, 5, 3], ['put', 'put', 'put'], [10, 11, 12]],
    ['the wall clock again once that has caught up', [10, 5, 12], ['put', 'put', 'put'], [10, 11, 12]],
    ['the wall clock of a blind write, which supersedes nothing', [10, 5], ['put', 'none'], [10, 5]],
  ])('is %s', async (_, clock, acts, times) => {
    let at = 0;
    const store = await open<string>('a', { env: { now: () => clock[at] ?? 0, random: () => 0 } });
    const found: number[] = [];
    for (const act of acts) {
      const { dot } =
        act === 'delete'
          ? await store.delete('k')
          : await store.put('k', 'x', act === 'none' ? { context: 'none' } : {});
      const sibling = (await store.get('k')).siblings.find((one) => one.dot.counter === dot.counter);
      found.push(sibling?.time ?? -1);
      at += 1;
    }
    expect(found).toEqual(times);
  });

  test('is beyond every version it supersedes, from whatever replica and by whatever way of writing', async () => {
    for (const write of ['put', 'context', 'resolve', 'batch', 'delete'] as const) {
      const store = await open<string>('a', { onConflict: 'overwrite' });
      const record = recordOf('k', 'x1=late y1=later');
      const versions = record.versions.map((version, at) => ({ ...version, time: 5_000 + at * 1_000 }));
      await store.receiveReplica('k', { ...record, versions });
      const { context } = await store.get('k');
      if (write === 'put') await store.put('k', 'z');
      else if (write === 'context') await store.put('k', 'z', { context });
      else if (write === 'resolve') await store.resolve('k', { kind: 'value', value: 'z' });
      else if (write === 'batch') await store.batch([{ put: 'k', value: 'z', context }]);
      else await store.delete('k');
      expect((await store.get('k')).siblings.map(({ time }) => time)).toEqual([6_001]);
    }
  });
});

describe('Knowledge', () => {
  test('Knowledge issues the counters 1, 2, 3 and has its own dots and those it took', () => {
    const knowledge = new Knowledge('a');
    const early = knowledge.at();
    expect([knowledge.issue(), knowledge.issue(), knowledge.issue()]).toEqual([1, 2, 3]);
    knowledge.take('b', 2);
    knowledge.take('b', 2);
    expect(showSet(knowledge.seen)).toBe('a1-3 b2');
    expect(showSet(early.toDotSet())).toBe('');
    expect([knowledge.has('a', 3), knowledge.has('a', 4), knowledge.has('b', 1), knowledge.has('b', 2)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    adopt(knowledge, set('a1-2 b1-4 c7'), set('b3').add('b', 1).vector);
    expect(showSet(knowledge.seen)).toBe('a1-3 b1-4 c7');
    expect(['a3', 'a1-4', 'a7', 'b9'].map((dots) => knowledge.isAheadOfMe(set(dots)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test('Knowledge believes nothing about its own id: what would be forged is a broken invariant', () => {
    const knowledge = new Knowledge('a');
    expect(() => knowledge.take('a', 1)).toThrow('Broken invariant');
    expect(() => adopt(knowledge, set('a1'), set('').vector)).toThrow('Broken invariant');
  });

  test('Knowledge refuses COUNTER_EXHAUSTED only when a counter would pass 2^53 - 1', async () => {
    const knowledge = new Knowledge('a');
    expect(await refusalOf(() => knowledge.ensureCounters(COUNTER_MAX))).toBe('accepted');
    knowledge.issue();
    expect(await refusalOf(() => knowledge.ensureCounters(COUNTER_MAX - 1))).toBe('accepted');
    expect(await refusalOf(() => knowledge.ensureCounters(COUNTER_MAX))).toBe('COUNTER_EXHAUSTED');
  });
});

describe('a replica with two counters left', () => {
  test('put, delete, batch, update, resolve and join are refused with COUNTER_EXHAUSTED, changing nothing (L21)', async () => {
    const store = await open<string>('a');
    await store.put('k', 'x');
    await store.put('k', 'y', { context: 'none' });
    const { context } = await store.get('k');
    const { knowledge } = stateOf(store);
    const ensure = knowledge.ensureCounters.bind(knowledge);
    const issued = knowledge.counter;
    knowledge.ensureCounters = (count): void => ensure(COUNTER_MAX - issued - 2 + count);
    const three = ['a', 'b', 'c'].map((key) => ({ put: key, value: 'x' }));
    await expectRefused(store, 'COUNTER_EXHAUSTED', () => store.batch(three));
    await store.batch(three.slice(0, 2));
    await expectRefused(store, 'COUNTER_EXHAUSTED', () => store.put('a', 'y'));
    await expectRefused(store, 'COUNTER_EXHAUSTED', () => store.put('a', 'y', { context: 'none' }));
    await expectRefused(store, 'COUNTER_EXHAUSTED', () => store.put('k', 'y', { context }));
    await expectRefused(store, 'COUNTER_EXHAUSTED', () => store.delete('a'));
    await expectRefused(store, 'COUNTER_EXHAUSTED', () => store.update('a', () => 'y'));
    await expectRefused(store, 'COUNTER_EXHAUSTED', () => store.resolve('k', { kind: 'delete' }));
    await expectRefused(store, 'COUNTER_EXHAUSTED', () => store.join('b'));
    await store.receiveReplica('other', recordOf('other', 'x1=y'));
    expect(shown(await store.get('other'))).toBe('live y');
  });
});

describe('what a store keeps beside its records', () => {
  test('the live hash, the counts and the index are those of the records, after any steps', async () => {
    const act = fc.constantFrom('put', 'none', 'delete', 'exchange', 'reap', 'force', 'context', 'resolve');
    const steps = fc.array(fc.tuple(act, fc.nat({ max: 1 }), fc.constantFrom('k', 'l', '__proto__')), {
      maxLength: 40,
    });
    const check = fc.asyncProperty(steps, async (list) => {
      const stores = [
        await open<string>('a', { members: ['a', 'b'], onConflict: 'overwrite' }),
        await open<string>('b', { members: ['a', 'b'], onConflict: 'overwrite' }),
      ] as const;
      let early = (await stores[0].get('k')).context;
      for (const [step, at, key] of list) {
        const store = stores[at === 0 ? 0 : 1];
        if (step === 'put') await store.put(key, 'x');
        else if (step === 'none') await store.put(key, 'y', { context: 'none' });
        else if (step === 'delete') await store.delete(key);
        else if (step === 'exchange') await exchange(stores[0], stores[1]);
        else if (step === 'reap' || step === 'force') await store.reap({ force: step === 'force' });
        else if (step === 'resolve') await store.resolve(key, { kind: 'delete' });
        else if (at === 0) early = (await stores[0].get('k')).context;
        else await stores[1].put('k', 'z', { context: early });
      }
      for (const store of stores) await expectSound(stateOf(store));
    });
    await fc.assert(check, { seed: SEED, numRuns: 150 });
  });
});

/** Recomputes by a walk over the records what the table keeps up to date. */
async function expectSound({ table, knowledge }: ReturnType<typeof stateOf>): Promise<void> {
  const fresh = stateOf(await open<string>('fresh')).table;
  const dots: string[] = [];
  for (const [key] of table.cells()) {
    const record = table.record(key);
    fresh.set(key, record);
    for (const { id, counter } of record.versions) {
      expect(knowledge.has(id, counter)).toBe(true);
      dots.push(`${id} ${counter} ${key}`);
    }
  }
  const indexed: string[] = [];
  table.visit(knowledge.seen, (id, counter, key) => indexed.push(`${id} ${counter} ${key}`));
  expect(indexed.sort()).toEqual(dots.sort());
  expect(table.liveHash).toEqual(fresh.liveHash);
  expect([table.graves, table.unsettled, table.internal]).toEqual([fresh.graves, fresh.unsettled, fresh.internal]);
}
