import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundsOf, KeyOrder, type KeyRange } from '../../src/store/key-order.ts';
import { SEED } from './replicas.ts';

const SORTED = ['a', 'aa', 'ab', 'b', 'ba', 'c', '\uffff', '\u{10000}'];
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('boundsOf', () => {
  test.each<[KeyRange, first: number, end: number]>([
    [{}, 0, 8],
    [{ prefix: 'a' }, 0, 3],
    [{ prefix: 'aa' }, 1, 2],
    [{ prefix: 'ac' }, 3, 3],
    [{ prefix: 'b', from: 'a' }, 3, 5],
    [{ prefix: 'a', from: 'aa' }, 1, 3],
    [{ prefix: 'a', from: 'b' }, 3, 3],
    [{ from: 'b' }, 3, 8],
    [{ to: 'b' }, 0, 3],
    [{ from: 'aa', to: 'b' }, 1, 3],
    [{ from: 'c', to: 'a' }, 5, 5],
    [{ prefix: 'b', to: 'ba' }, 3, 4],
    [{ from: '\uffff' }, 6, 8],
    [{ to: '\u{10000}' }, 0, 7],
    [{ prefix: '', from: '', to: undefined }, 0, 8],
  ])('boundsOf %j is %i to %i', (range, first, end) => {
    expect(boundsOf(SORTED, range)).toEqual([first, end]);
  });
});

/** A table as an order sees it, and how often all of it was sorted. */
class Keys {
  readonly order = new KeyOrder();
  readonly slots = new Map<string, number>();
  sorts = 0;
  #next = 0;

  add(key: string): void {
    if (this.slots.has(key)) return;
    this.slots.set(key, this.#next++);
    this.order.noteAdded(key);
  }

  drop(key: string): void {
    if (this.slots.delete(key)) this.order.noteGone();
  }

  /** The keys in order, each at its slot. */
  ordered(): readonly string[] {
    const { keys, slots } = this.order.ordered(this.slots, (sorted) => {
      this.sorts += 1;
      for (const [at, key] of sorted.entries()) this.slots.set(key, at);
      this.#next = sorted.length;
    });
    const there = keys.filter((key) => this.slots.has(key));
    for (const [at, key] of keys.entries()) if (this.slots.has(key)) expect(slots[at]).toBe(this.slots.get(key));
    return there;
  }

  get expected(): string[] {
    return [...this.slots.keys()].sort(byBytes);
  }
}

const numbered = (count: number, prefix = 'k'): string[] => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

describe('KeyOrder', () => {
  test('KeyOrder hands out the same arrays until something comes or goes', () => {
    const keys = new Keys();
    for (const key of ['b', 'a', 'c']) keys.add(key);
    const look = (): unknown => keys.order.ordered(keys.slots, () => undefined);
    const first = look();
    expect(look()).toBe(first);
    keys.add('ab');
    const second = look() as { keys: readonly string[] };
    expect([second === first, second.keys, (first as typeof second).keys]).toEqual([
      false,
      ['a', 'ab', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  });

  test('KeyOrder sorts again when many keys came, and brings few into their places', () => {
    for (const [count, added, sorts] of [
      [100, 41, 1],
      [100, 42, 2],
      [0, 16, 1],
      [0, 17, 2],
    ] as const) {
      const keys = new Keys();
      for (const key of numbered(count)) keys.add(key);
      expect(keys.ordered()).toEqual(keys.expected);
      for (const key of numbered(added, 'j')) keys.add(key);
      expect(keys.ordered()).toEqual(keys.expected);
      expect([count, added, keys.sorts]).toEqual([count, added, sorts]);
    }
  });

  test('KeyOrder sorts again when more than half of the keys went', () => {
    for (const [gone, sorts] of [
      [50, 1],
      [51, 2],
    ] as const) {
      const keys = new Keys();
      for (const key of numbered(100)) keys.add(key);
      keys.ordered();
      for (const key of numbered(gone)) keys.drop(key);
      expect(keys.ordered()).toEqual(keys.expected);
      expect(keys.sorts).toBe(sorts);
    }
  });

  test('KeyOrder counts what came and went from the last look on', () => {
    const keys = new Keys();
    for (const key of numbered(100)) keys.add(key);
    for (let round = 0; round < 4; round += 1) {
      keys.ordered();
      for (const key of numbered(30, `r${round}`)) keys.add(key);
      for (const key of numbered(30, `r${round}`)) keys.drop(key);
      expect(keys.ordered()).toEqual(keys.expected);
    }
    expect(keys.sorts).toBe(1);
    keys.order.drop();
    expect(keys.ordered()).toEqual(keys.expected);
    expect(keys.sorts).toBe(2);
  });

  test('KeyOrder takes keys with surrogates for what they are, also those that come later', () => {
    const keys = new Keys();
    for (const key of ['b', '\uffff', '\ue000']) keys.add(key);
    expect(keys.ordered()).toEqual(['b', '\ue000', '\uffff']);
    keys.add('\u{10000}');
    expect(keys.ordered()).toEqual(['b', '\ue000', '\uffff', '\u{10000}']);
    keys.add('\u{10001}');
    keys.add('\ufffe');
    expect(keys.ordered()).toEqual(['b', '\ue000', '\ufffe', '\uffff', '\u{10000}', '\u{10001}']);
    keys.order.drop();
    expect(keys.ordered()).toEqual(keys.expected);
  });

  test('KeyOrder leaves out keys that came and went before anybody looked, and shows once what came back', () => {
    const keys = new Keys();
    for (const key of ['a', 'c', 'e', 'g', 'i']) keys.add(key);
    keys.ordered();
    keys.add('b');
    keys.drop('b');
    keys.drop('c');
    keys.add('c');
    keys.add('z');
    expect(keys.ordered()).toEqual(['a', 'c', 'e', 'g', 'i', 'z']);
  });

  test('KeyOrder is the order of a sort, after any steps', () => {
    const pool = [...SORTED, ...numbered(20), '\ud7ff', '\u{1f5ff}'];
    const step = fc.tuple(fc.constantFrom('add', 'add', 'drop', 'look'), fc.constantFrom(...pool));
    const check = fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const keys = new Keys();
      for (const [act, key] of steps) {
        if (act === 'add') keys.add(key);
        else if (act === 'drop') keys.drop(key);
        else expect(keys.ordered()).toEqual(keys.expected);
      }
      expect(keys.ordered()).toEqual(keys.expected);
    });
    fc.assert(check, { seed: SEED, numRuns: 200 });
  });
});
