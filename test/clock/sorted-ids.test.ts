import { describe, expect, it } from 'vitest';
import { findId, internId, mergeIds } from '../../src/clock/sorted-ids.ts';
import { compareText } from '../../src/codec/text.ts';

/** So many ids, in order, `id~100` and up. */
function sorted(size: number): string[] {
  return Array.from({ length: size }, (_, i) => `id~${i + 100}`);
}

/** Where the id is found, and how many ids are looked at for that. */
function search(ids: readonly string[], id: string): [at: number, reads: number] {
  let reads = 0;
  const get = (target: readonly string[], field: string | symbol): unknown => {
    if (typeof field === 'string' && /^-?\d+$/.test(field)) reads++;
    return Reflect.get(target, field);
  };
  return [findId(new Proxy(ids, { get }), id), reads];
}

describe('findId', () => {
  it.each([0, 1, 2, 15, 16, 17, 100])('findId finds each of %i ids, and where each that is missing belongs', (size) => {
    const ids = sorted(size);
    for (const [at, id] of ids.entries()) {
      expect(findId(ids, id)).toBe(at);
      expect(findId(ids.toSpliced(at, 1), id)).toBe(~at);
    }
    expect(findId(ids, 'a')).toBe(~0);
    expect(findId(ids, 'z')).toBe(~size);
  });

  it('findId goes by UTF-8 bytes where UTF-16 units have another order, in short and long lists', () => {
    for (const size of [3, 40]) {
      const odd = ['\uE000', '\uFFFD', '\u{1F600}', '\u{1F601}'];
      const ids = [...sorted(size), ...odd].sort(compareText);
      for (const [at, id] of ids.entries()) {
        expect(findId(ids, id)).toBe(at);
        expect(findId(ids.toSpliced(at, 1), id)).toBe(~at);
      }
    }
  });

  it('findId looks at few ids: one after another up to 16, then ever half of what is left', () => {
    expect(search(sorted(16), 'id~100')).toEqual([0, 1]);
    expect(search(sorted(16), 'id~115')).toEqual([15, 16]);
    expect(search(sorted(17), 'id~100')).toEqual([0, 6]);
    expect(search(sorted(800), 'id~100')).toEqual([0, 11]);
    expect(search(sorted(800), 'id~899')[1]).toBeLessThanOrEqual(11);
  });
});

describe('mergeIds and internId', () => {
  it('mergeIds sorts both lists into one by UTF-8 bytes, and gives the first itself when the second is empty', () => {
    const ids = ['a', '\uFFFD'];
    expect(mergeIds(ids, ['\u{1F600}', 'a', 'b'])).toEqual(['a', 'b', '\uFFFD', '\u{1F600}']);
    expect(mergeIds(ids, [])).toBe(ids);
  });

  it('internId gives the same text, however many there were', () => {
    for (let i = 0; i < 10_000; i++) expect(internId(`interned~${i}`)).toBe(`interned~${i}`);
    expect(internId('interned~0')).toBe('interned~0');
  });
});
