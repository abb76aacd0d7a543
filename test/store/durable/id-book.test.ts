import { describe, expect, test } from 'vitest';
import { IdBook } from '../../../src/store/durable/id-book.ts';

describe('IdBook', () => {
  test('numbers ids from 0 in the order they come, each once', () => {
    const book = new IdBook();
    expect(['a', 'b', 'a', 'c'].map((id) => book.numberOf(id))).toEqual([0, 1, 0, 2]);
    expect([book.idOf(1), book.idOf(3)]).toEqual(['b', undefined]);
  });

  test('gives what is not written yet, and reads it back', () => {
    const book = new IdBook();
    book.numberOf('a');
    book.noteWritten(book.size);
    book.numberOf('__proto__');
    const [entry, ...rest] = book.unwritten();
    expect(rest).toEqual([]);
    if (entry === undefined) throw new RangeError('nothing to write');
    const again = new IdBook();
    again.take(entry);
    expect([again.idOf(0), again.idOf(1), again.size]).toEqual([undefined, '__proto__', 2]);
  });

  test('never gives the number of an entry that was lost to another id', () => {
    const book = new IdBook();
    book.restore(3);
    expect(book.numberOf('new')).toBe(3);
    expect(book.idOf(2)).toBeUndefined();
  });
});
