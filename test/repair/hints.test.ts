import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Hint, HintBook } from '../../src/repair/hints.ts';
import { SEED } from '../store/replicas.ts';

const hint = (target: string, key: string, counter = 1, keptAt = 0, id = 'a~1'): Hint => ({
  target,
  key,
  dot: { id, counter },
  keptAt,
});

describe('HintBook', () => {
  test('keep holds one hint for each target and key, with the newest dot', () => {
    const book = new HintBook(10);
    expect(book.keep(hint('b', 'k', 1))).toEqual({ isNew: true, isChanged: true, evicted: [] });
    expect(book.keep(hint('b', 'k', 3))).toEqual({ isNew: false, isChanged: true, evicted: [] });
    expect(book.keep(hint('b', 'k', 2))).toEqual({ isNew: false, isChanged: false, evicted: [] });
    expect(book.keep(hint('b', 'k', 3, 9))).toEqual({ isNew: false, isChanged: false, evicted: [] });
    expect(book.get('b', 'k')?.keptAt).toBe(0);
    expect(book.keep(hint('b', 'k', 1, 0, 'a~2'))).toMatchObject({ isNew: false, isChanged: true });
    expect(book.keep(hint('c', 'k', 1))).toMatchObject({ isNew: true });
    expect([book.size, book.targets()]).toEqual([2, ['b', 'c']]);
    expect(book.get('b', 'k')?.dot).toEqual({ id: 'a~2', counter: 1 });
    expect(book.get('b', 'other')).toBeUndefined();
    expect(book.of('nobody')).toEqual([]);
  });

  test('keep lets the oldest go first, and one that was kept anew is not old', () => {
    const book = new HintBook(2);
    book.keep(hint('b', '1'));
    book.keep(hint('b', '2'));
    book.keep(hint('b', '1', 2));
    expect(book.keep(hint('b', '3')).evicted).toEqual([hint('b', '2')]);
    expect(book.of('b').map(({ key }) => key)).toEqual(['1', '3']);
    const none = new HintBook(0);
    expect(none.keep(hint('b', '1')).evicted).toEqual([hint('b', '1')]);
    expect([none.size, none.targets()]).toEqual([0, []]);
  });

  test('drop forgets that very hint and no newer one in its place', () => {
    const book = new HintBook(10);
    const old = hint('b', 'k', 1);
    book.keep(old);
    book.keep(hint('b', 'k', 2));
    expect(book.drop(old)).toBe(false);
    const [held] = book.of('b');
    expect(held !== undefined && book.drop(held)).toBe(true);
    expect([book.size, book.targets()]).toEqual([0, []]);
  });

  test('expired names what is older than the time to live, and nothing when the clock went back', () => {
    const book = new HintBook(10);
    book.keep(hint('b', '1', 1, 1_000));
    book.keep(hint('b', '2', 1, 2_000));
    expect(book.expired(2_000, 1_000)).toEqual([]);
    expect(book.expired(2_001, 1_000).map(({ key }) => key)).toEqual(['1']);
    expect(book.expired(9_000, 1_000).length).toBe(2);
    expect(book.expired(0, 0)).toEqual([]);
  });

  test('HintBook is what a list that is looked through would be', () => {
    const some = fc.record({
      target: fc.constantFrom('b', 'c'),
      key: fc.constantFrom('1', '2', '3'),
      counter: fc.integer({ min: 1, max: 9 }),
      isDrop: fc.boolean(),
    });
    const run = (steps: readonly { target: string; key: string; counter: number; isDrop: boolean }[]): void => {
      const book = new HintBook(3);
      let list: Hint[] = [];
      for (const { target, key, counter, isDrop } of steps) {
        const held = list.find((other) => other.target === target && other.key === key);
        if (isDrop) {
          expect(held !== undefined && book.drop(held)).toBe(held !== undefined);
          list = list.filter((other) => other !== held);
        } else {
          const next = hint(target, key, counter);
          book.keep(next);
          if (held !== undefined && held.dot.counter >= counter) continue;
          list = [...list.filter((other) => other !== held), next].slice(-3);
        }
        const sorted = (hints: readonly Hint[]): string[] => hints.map((each) => JSON.stringify(each)).sort();
        expect(sorted(book.targets().flatMap((name) => book.of(name)))).toEqual(sorted(list));
        expect(book.size).toBe(list.length);
      }
    };
    fc.assert(fc.property(fc.array(some, { maxLength: 30 }), run), { seed: SEED, numRuns: 300 });
  });
});
