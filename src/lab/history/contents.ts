/**
 * What operations of a history wrote, and what follows from it: of which kind a conflict is, and when a reader is shown what
 * he must be shown by another operation that wrote the same. Contents are blob ids; null is a delete.
 */

import type { Shown } from '../strategies/strategy.ts';
import type { Operation } from '../truth/operation-book.ts';
import type { ConflictKind } from './replay-result.ts';

/** By the number of the operation. */
export type Contents = readonly (string | null)[];

/** What met; undefined for a single version. Two deletes agree, so they are the same value. */
export function kindOf(operations: readonly number[], contents: Contents): ConflictKind | undefined {
  if (operations.length < 2) return undefined;
  const blobs = new Set(operations.map((number) => contents[number]));
  if (blobs.size === 1) return 'same-value';
  return blobs.has(null) ? 'delete-vs-write' : 'write-vs-write';
}

/**
 * The same answer in terms of what must be shown: each of these writes whose contents are shown counts as shown, whichever
 * operation brought them; and in the place of an overwritten one stands the write with the same contents.
 */
export function asContents(shown: Shown, heads: readonly Operation[], contents: Contents): Shown {
  const writes = heads.filter(({ isDelete }) => !isDelete);
  if (writes.every(({ number }) => shown.live.includes(number))) return shown;
  const isHead = (number: number): boolean => heads.some((head) => head.number === number);
  const withEqual = (numbers: readonly number[], others: readonly number[]): readonly number[] => {
    const equal = (number: number): readonly number[] =>
      writes
        .filter((head) => contents[head.number] === contents[number] && !others.includes(head.number))
        .map((head) => head.number);
    const told = new Set(numbers);
    for (const number of numbers) {
      const same = equal(number);
      // An overwritten value beside the one that stands for it stays what it is: a false sibling.
      const isReplaced = !isHead(number) && same.length > 0 && !same.some((head) => numbers.includes(head));
      if (isReplaced) told.delete(number);
      for (const head of same) told.add(head);
    }
    return [...told].sort((one, other) => one - other);
  };
  const live = withEqual(shown.live, []);
  return { live, deleted: shown.deleted, passedOver: withEqual(shown.passedOver, live) };
}
