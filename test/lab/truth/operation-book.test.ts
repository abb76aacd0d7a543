import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Known, NOTHING_KNOWN, unite } from '../../../src/lab/truth/known.ts';
import { type Operation, OperationBook } from '../../../src/lab/truth/operation-book.ts';

const at = { key: 'k', client: 0, replica: 0, at: 0 };

/** Random operations, each based on some before it; and readers who were told of some, with all that these rest on. */
const histories = fc.record({
  operations: fc.array(fc.record({ isDelete: fc.boolean(), basis: fc.array(fc.nat(30), { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 24,
  }),
  told: fc.array(fc.nat(30), { maxLength: 6 }),
});

/** The book, and the same as sets of numbers. */
function play(operations: readonly { readonly isDelete: boolean; readonly basis: readonly number[] }[]) {
  const book = new OperationBook();
  const pasts: Set<number>[] = [];
  for (const [number, { isDelete, basis }] of operations.entries()) {
    const before = [...new Set(basis.filter((other) => other < number))];
    book.note({ ...at, isDelete }, before);
    pasts.push(new Set([number, ...before.flatMap((other) => [...(pasts[other] ?? [])])]));
  }
  return { book, pasts };
}

describe('OperationBook', () => {
  test('headsOf: the known operations that no other known one was based on, as sets say it', () => {
    fc.assert(
      fc.property(histories, ({ operations, told }) => {
        const { book, pasts } = play(operations);
        const roots = told.filter((number) => number < operations.length);
        const known = roots.reduce<Known>((all, number) => unite(all, book.at(number).past), NOTHING_KNOWN);
        const set = new Set(roots.flatMap((number) => [...(pasts[number] ?? [])]));
        const heads = [...set].filter(
          (one) => ![...set].some((other) => other !== one && pasts[other]?.has(one) === true),
        );
        expect(book.headsOf('k', known).map(({ number }) => number)).toEqual(heads.sort((one, other) => one - other));
        for (const one of set)
          for (const other of set)
            expect(book.isBasedOn(book.at(one), book.at(other))).toBe(one !== other && pasts[one]?.has(other) === true);
        for (const one of set) {
          const over = [...set].some(
            (other) => other !== one && book.at(other).isDelete && pasts[other]?.has(one) === true,
          );
          expect(book.deleteOver(book.at(one), known) !== undefined).toBe(over);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('note: what follows on what is known goes on in its lane, so lanes are as many as the concurrency was wide', () => {
    const book = new OperationBook();
    const note = (basis: readonly number[]): Operation => book.note({ ...at, isDelete: false }, basis);
    note([]);
    note([0]);
    note([0]);
    note([1, 2]);
    note([3]);
    expect(book.operations.map(({ lane }) => lane)).toEqual([0, 0, 1, 0, 0]);
  });

  test('bury: what was buried is known to nobody any more, and no lane goes on over it', () => {
    const book = new OperationBook();
    const first = book.note({ ...at, isDelete: false }, []);
    const lost = book.note({ ...at, isDelete: false }, [0]);
    const kept = book.note({ ...at, isDelete: false }, [0]);
    const known = unite(lost.past, kept.past);
    expect(book.headsOf('k', known)).toEqual([lost, kept]);
    book.bury(lost);
    expect(book.strip('k', known)).toEqual([kept.lane, 1]);
    expect(book.headsOf('k', book.strip('k', known))).toEqual([kept]);
    expect([...book.buriedOf('k')]).toEqual([lost]);
    expect(book.note({ ...at, isDelete: false }, [2]).lane).toBe(kept.lane);
    expect(book.isBasedOn(kept, first)).toBe(true);
  });

  test('bury: what was overwritten by what was buried stays overwritten', () => {
    const book = new OperationBook();
    const [one, other] = [book.note({ ...at, isDelete: false }, []), book.note({ ...at, isDelete: false }, [])];
    const lost = book.note({ ...at, isDelete: true }, [0, 1]);
    const kept = book.note({ ...at, isDelete: false }, []);
    expect([one.lane, other.lane, lost.lane, kept.lane]).toEqual([0, 1, 0, 2]);
    const known = unite(lost.past, kept.past);
    expect(book.headsOf('k', known)).toEqual([lost, kept]);
    expect(book.bury(lost)).toBe(true);
    expect(book.headsOf('k', book.strip('k', known))).toEqual([kept]);
    expect(book.headsOf('k', unite(one.past, other.past))).toEqual([]);
    expect(book.deleteOver(other, kept.past)).toBe(lost);
  });

  test('bury: leaves alone what another of its lane came after', () => {
    const book = new OperationBook();
    const early = book.note({ ...at, isDelete: true }, []);
    const late = book.note({ ...at, isDelete: false }, [0]);
    expect(book.bury(early)).toBe(false);
    expect(book.headsOf('k', late.past)).toEqual([late]);
    expect([...book.buriedOf('k')]).toEqual([]);
  });

  test('at: refuses the number of an operation that nobody made', () =>
    expect(() => new OperationBook().at(3)).toThrow('Cannot find operation 3'));
});
