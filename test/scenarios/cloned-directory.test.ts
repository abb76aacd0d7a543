import { describe, expect, test } from 'vitest';
import { exchange } from '../../src/repair/exchange-local.ts';
import { level } from '../../src/storage/level.ts';
import { agree, directories, files, Ledger, MEMBERS, meet, openTrioIn, Replica, shown } from './kit.ts';

const directory = directories();

describe('a cloned directory', () => {
  test('goes on as another incarnation; both write, meet the same peers and each other, and lose nothing', async () => {
    const [a, b, c, ofA] = await openTrioIn(directory);
    const ledger = new Ledger();
    await a.put(ledger, 'k', 'before');
    await meet([a, b, c]);
    await a.store.close();
    const copied = directory('copy');
    files.copy(ofA, copied);
    await a.open();
    const copy = await Replica.open('a', level(copied));
    expect(a.told).toEqual([]);
    expect(copy.told).toEqual(['renewed']);
    expect(copy.store.id).not.toBe(a.store.id);
    for (let n = 0; n < 3; n++) {
      await a.put(ledger, `a ${n}`, 'of the original');
      await copy.put(ledger, `copy ${n}`, 'of the copy');
      await a.put(ledger, `both ${n}`, 'original');
      await copy.put(ledger, `both ${n}`, 'copy');
      await exchange(a.store, b.store);
      await exchange(copy.store, b.store);
      await exchange(copy.store, c.store);
      if (n === 0) await exchange(a.store, copy.store);
    }
    await meet([a, copy, b, c]);
    await b.put(ledger, 'k', 'one');
    const expected: Record<string, string> = { k: 'one' };
    for (let n = 0; n < 3; n++)
      Object.assign(expected, {
        [`a ${n}`]: 'of the original',
        [`copy ${n}`]: 'of the copy',
        [`both ${n}`]: 'copy|original',
      });
    await agree([a, copy, b, c], ledger, expected);
  });

  test('what one of two copies deletes does not come back with the other, although their name was waited for once', async () => {
    const [a, b, c, ofA] = await openTrioIn(directory);
    const ledger = new Ledger();
    await a.put(ledger, 'gone', 'v');
    await a.put(ledger, 'stays', 'v');
    await meet([a, b, c]);
    await a.store.close();
    const copied = directory('copy');
    files.copy(ofA, copied);
    await a.open();
    const away = await Replica.open('a', level(copied));
    await away.put(ledger, 'written away', 'v');
    await a.delete(ledger, 'gone');
    await meet([a, b, c]);
    let reaped = 0;
    for (const { store } of [a, b, c]) reaped += (await store.reap()).reaped;
    expect(reaped).toBe(3);
    expect(await shown(away, 'gone')).toBe('v');
    await agree([away, b, c, a], ledger, { gone: 'absent', stays: 'v', 'written away': 'v' });
  });

  test('a clone that is put in the place of its original goes on as a third', async () => {
    const [a, b, c, ofA] = await openTrioIn(directory);
    const ledger = new Ledger();
    await a.put(ledger, 'k', '1');
    await a.store.close();
    const copied = directory('copy');
    files.copy(ofA, copied);
    await a.open();
    await a.put(ledger, 'k', '2');
    const copy = await Replica.open('a', level(copied));
    await copy.put(ledger, 'copy', '1');
    await exchange(copy.store, b.store);
    await exchange(a.store, c.store);
    const ids = new Set([a.store.id, copy.store.id]);
    await a.store.close();
    await copy.store.close();
    files.remove(ofA);
    files.copy(copied, ofA);
    await a.open();
    await copy.open();
    expect(ids.has(a.store.id)).toBe(false);
    expect(ids.has(copy.store.id)).toBe(true);
    await a.put(ledger, 'third', '1');
    await copy.put(ledger, 'copy', '2');
    await agree([a, copy, b, c], ledger, { k: '2', copy: '2', third: '1' });
  });
});

describe('a wiped directory', () => {
  test.each([
    ['whose incarnation is drawn', undefined],
    ['whose incarnation is fixed', 'fixed'],
  ])('under the same name gets back what others have, and nothing that was deleted: %s', async (_, incarnation) => {
    const options = { members: MEMBERS, ...(incarnation === undefined ? {} : { incarnation }) };
    const [, b, c] = await openTrioIn(directory);
    const ofA = directory('a');
    const before = await Replica.open('a', level(ofA), options);
    const ledger = new Ledger();
    await before.put(ledger, 'shared', 'v');
    await before.put(ledger, 'gone', 'v');
    await meet([before, b, c]);
    await before.delete(ledger, 'gone');
    await meet([before, b, c]);
    for (const { store } of [before, b, c]) await store.reap();
    await before.put(ledger, 'never sent', 'v');
    await before.store.close();
    const id = before.store.id;
    files.remove(ofA);
    const a = await Replica.open('a', level(ofA), options);
    expect(a.store.seen.isEmpty).toBe(true);
    expect(await shown(a, 'shared')).toBe('absent');
    await meet([a, b, c]);
    await a.put(ledger, 'after', 'v');
    expect(a.store.id).not.toBe(id);
    expect(a.told).toEqual(incarnation === undefined ? [] : ['renewed']);
    await agree([a, b, c], ledger, { shared: 'v', gone: 'absent', 'never sent': 'absent', after: 'v' });
  });

  test('with a fixed incarnation that writes before it meets anybody keeps both lives apart', async () => {
    const options = { incarnation: 'fixed' };
    const [, b, c] = await openTrioIn(directory);
    const ofA = directory('a');
    const before = await Replica.open('a', level(ofA), options);
    await before.store.put('k', 'first life');
    await before.store.put('only then', 'v');
    await meet([before, b, c]);
    await before.store.close();
    files.remove(ofA);
    const a = await Replica.open('a', level(ofA), options);
    await a.store.put('now', 'v');
    await a.store.put('k', 'second life');
    await meet([a, b, c], 3);
    expect(await meet([a, b, c], 1)).toEqual(['equal', 'equal', 'equal']);
    for (const replica of [a, b, c]) {
      expect([replica.name, await shown(replica, 'k')]).toEqual([replica.name, 'first life|second life']);
      expect(await shown(replica, 'only then')).toBe('v');
      expect(await shown(replica, 'now')).toBe('v');
      expect(replica.store.seen.equals(a.store.seen)).toBe(true);
    }
    expect(a.told).toContain('renewed');
  });
});

describe('a clock a year off', () => {
  const YEAR_MS = 365 * 24 * 3_600_000;

  test.each([
    ['ahead', YEAR_MS],
    ['behind', -YEAR_MS],
  ])('decides nothing about what is newer, deleted or reaped, also when it jumps back: %s', async (_, off) => {
    const start = 1_800_000_000_000;
    let now = start + off;
    const env = (clock: () => number) => ({ env: { now: clock, random: Math.random } });
    const a = await Replica.open(
      'a',
      level(directory('a')),
      env(() => now++),
    );
    const b = await Replica.open(
      'b',
      level(directory('b')),
      env(() => start),
    );
    const c = await Replica.open(
      'c',
      level(directory('c')),
      env(() => start),
    );
    const ledger = new Ledger();
    await a.put(ledger, 'k', 'by the clock that is off');
    await b.put(ledger, 'gone', 'by a right clock');
    await meet([a, b, c]);
    await b.put(ledger, 'k', 'newer, whatever the clocks say');
    await a.delete(ledger, 'gone');
    await meet([a, b, c]);
    expect(await shown(a, 'k')).toBe('newer, whatever the clocks say');
    await a.store.close();
    now = start - off;
    await a.open();
    await a.put(ledger, 'k', 'newest, after the clock was set');
    const [sibling] = (await a.store.get('k')).siblings;
    expect(sibling?.time).toBeGreaterThan(Math.max(start, start - off) - 1);
    await c.put(ledger, 'side by side', 'c');
    ledger.note('side by side', 'a', await a.store.put('side by side', 'a', { context: 'none' }));
    await meet([a, b, c]);
    let reaped = 0;
    for (const { store } of [a, b, c]) reaped += (await store.reap()).reaped;
    expect(reaped).toBe(3);
    expect(a.told).toEqual([]);
    await agree([a, b, c], ledger, { k: 'newest, after the clock was set', gone: 'absent', 'side by side': 'a|c' });
  });
});
