import { describe, expect, test } from 'vitest';
import type { Shown } from '../../../src/lab/strategies/strategy.ts';
import { type AnomalyKind, isSameShown, Judge } from '../../../src/lab/truth/judge.ts';
import { type Known, NOTHING_KNOWN, unite } from '../../../src/lab/truth/known.ts';
import { OperationBook } from '../../../src/lab/truth/operation-book.ts';

const shown = (
  live: readonly number[],
  deleted: readonly number[] = [],
  passedOver: readonly number[] = [],
): Shown => ({
  ...{ live, deleted, passedOver },
});

/** `put` and `delete` in order, each with the numbers of what it was based on. */
type Line = readonly ['put' | 'delete', ...basis: number[]];

function bookOf(lines: readonly Line[]): { readonly book: OperationBook; readonly all: Known } {
  const book = new OperationBook();
  for (const [kind, ...basis] of lines)
    book.note({ key: 'k', isDelete: kind === 'delete', client: 0, replica: 0, at: 0 }, basis);
  const all = book.operations.reduce<Known>((known, { past }) => unite(known, past), NOTHING_KNOWN);
  return { book, all };
}

type Case = readonly [what: string, lines: readonly Line[], seen: Shown, found: readonly AnomalyKind[]];

const CASES: readonly Case[] = [
  ['the newest value', [['put'], ['put', 0]], shown([1]), []],
  ['an overwritten value', [['put'], ['put', 0]], shown([0]), ['regressed', 'hidden']],
  ['both siblings', [['put'], ['put']], shown([0, 1]), []],
  ['one of two siblings', [['put'], ['put']], shown([1]), ['hidden']],
  ['one of two siblings, by a resolver', [['put'], ['put']], shown([1], [], [0]), []],
  ['an overwritten value as a sibling', [['put'], ['put', 0]], shown([0, 1]), ['false sibling']],
  ['nothing after a delete', [['put'], ['delete', 0]], shown([]), []],
  ['a delete, as such', [['put'], ['delete', 0]], shown([], [1]), []],
  ['a deleted value', [['put'], ['delete', 0]], shown([0]), ['undone']],
  ['a deleted value beside a new one', [['put'], ['delete', 0], ['put', 1]], shown([0, 2]), ['undone']],
  ['a value beside a concurrent delete', [['put'], ['delete', 0], ['put', 0]], shown([2], [1]), []],
  ['only the value of these', [['put'], ['delete', 0], ['put', 0]], shown([2]), ['delete hidden']],
  ['nothing of these', [['put'], ['delete', 0], ['put', 0]], shown([]), ['hidden']],
  ['nothing where something was written', [['put']], shown([]), ['hidden']],
];

describe('Judge', () => {
  test.each(CASES)('judge: %s', (_what, lines, seen, found) => {
    const { book, all } = bookOf(lines);
    const told: AnomalyKind[] = [];
    const judge = new Judge(book, ({ kind }) => told.push(kind));
    expect(judge.judge('k', all, seen, 1)).toBe(found.length);
    expect(told).toEqual(found);
    judge.judge('k', all, seen, 2);
    for (const kind of found) expect(judge.count(kind)).toBe(1);
    expect(judge.anomalies.every(({ at }) => at === 1)).toBe(true);
  });

  test('judge: asks no more of an answer than the replicas that gave it had been told', () => {
    const { book } = bookOf([['put'], ['delete', 0]]);
    expect(new Judge(book).judge('k', book.at(0).past, shown([0]), 0)).toBe(0);
  });

  test('settle: an acknowledged write that nobody overwrote and nobody shows is lost', () => {
    const { book, all } = bookOf([['put'], ['put'], ['put']]);
    book.acknowledge(book.at(0), 1);
    book.acknowledge(book.at(1), 1);
    const judge = new Judge(book);
    judge.settle('k', [all, all], [shown([1]), shown([1])], 5);
    expect(judge.anomalies.filter(({ kind }) => kind === 'lost').map(({ operation }) => operation)).toEqual([0]);
  });

  test('settle: what was acknowledged and reached no replica is lost too', () => {
    const { book } = bookOf([['put']]);
    book.acknowledge(book.at(0), 1);
    const judge = new Judge(book);
    judge.settle('k', [NOTHING_KNOWN, NOTHING_KNOWN], [shown([]), shown([])], 5);
    expect(judge.count('lost')).toBe(1);
  });

  test('settle: replicas that show different things diverge; tombstones alone show nothing', () => {
    const { book, all } = bookOf([['put'], ['put']]);
    const judge = new Judge(book);
    judge.settle('k', [all, all], [shown([0, 1]), shown([0])], 5);
    expect(judge.count('diverged')).toBe(1);
    expect(isSameShown(shown([], [4]), shown([]))).toBe(true);
    expect(isSameShown(shown([1], [4]), shown([1]))).toBe(false);
  });

  test('bury: what is buried counts as hidden, and is lost in the end unless it comes back', () => {
    const { book, all } = bookOf([['put'], ['put']]);
    book.acknowledge(book.at(0), 1);
    const judge = new Judge(book);
    judge.bury(book.at(0), 3);
    expect(judge.count('hidden')).toBe(1);
    judge.settle('k', [book.strip('k', all)], [shown([1])], 5);
    expect(judge.count('lost')).toBe(1);
  });

  test('freshness: fresh is who reflects all that had been acknowledged; behind says how much is lacking', () => {
    const { book } = bookOf([['put'], ['put', 0], ['put', 1]]);
    const judge = new Judge(book);
    const due = { acknowledged: book.at(2).past, at: 10 };
    expect(judge.freshness('k', book.at(2).past, due, 15)).toEqual({ isFresh: true, sinceMs: 5, behind: 0 });
    expect(judge.freshness('k', book.at(0).past, due, 15)).toEqual({ isFresh: false, sinceMs: 5, behind: 2 });
  });
});
