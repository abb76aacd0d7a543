import { describe, expect, it } from 'vitest';
import { cacheIndex, endsInPair, sharedUnits, TextCache } from '../../src/codec/text-cache.ts';

const NOWHERE = 256;

describe('TextCache', () => {
  it('TextCache holds the last text of a place, and nothing that was kept before a reset', () => {
    const cache = new TextCache();
    const held = (): (string | undefined)[] => Array.from({ length: NOWHERE + 1 }, (_, at) => cache.at(at));
    const none = Array(NOWHERE + 1).fill(undefined);
    expect(held()).toEqual(none);
    for (let reset = 0; reset < 3; reset++) {
      cache.keep(7, 'seven');
      cache.keep(7, 'again');
      cache.keep(255, 'last');
      cache.keep(NOWHERE, 'nowhere');
      expect([cache.at(7), cache.at(255), cache.at(NOWHERE), cache.at(8)]).toEqual([
        'again',
        'last',
        undefined,
        undefined,
      ]);
      cache.reset();
      expect(held()).toEqual(none);
    }
  });
});

describe('cacheIndex', () => {
  it.each([
    ['', NOWHERE],
    ['a', NOWHERE],
    ['aa', 97 + 31 * (97 + 31 * 2) - 256 * 19],
    ['blue', 0x93],
    ['x'.repeat(65), NOWHERE],
    ['x'.repeat(1_000), NOWHERE],
  ])('cacheIndex of %j is %d', (text, index) => {
    expect(cacheIndex(text)).toBe(index);
  });

  it('cacheIndex finds a place for texts of 2 to 64 units, and all places', () => {
    const places = new Set<number>();
    for (let length = 2; length <= 64; length++) {
      for (let at = 0; at < 64; at++) places.add(cacheIndex(String.fromCharCode(at * 7).repeat(length)));
    }
    expect([places.size, Math.min(...places), Math.max(...places)]).toEqual([256, 0, 255]);
  });
});

describe('sharedUnits', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 0],
    ['', 'abc', 0],
    ['ab', 'ab', 0],
    ['abc', 'abc', 3],
    ['abcd', 'abc', 3],
    ['abc', 'abcd', 3],
    ['abxd', 'abcd', 0],
    ['abcx', 'abcd', 3],
    ['xabc', 'yabc', 0],
    ['abc\u{1F600}', 'abc\u{1F601}', 3],
    ['ab\u{1F600}', 'ab\u{1F601}', 0],
    ['abc\u{1F600}', 'abc\u{1F600}', 5],
    ['ab\u{1F600}x', 'ab\u{1F600}y', 4],
  ])('sharedUnits of %j and %j is %d', (text, last, shared) => {
    expect(sharedUnits(text, last)).toBe(shared);
  });
});

describe('endsInPair', () => {
  it.each([
    ['', 0, false],
    ['a', 0, false],
    ['a', 1, false],
    ['\u{1F600}', 0, false],
    ['\u{1F600}', 1, true],
    ['\u{1F600}', 2, false],
    ['\udbff\udfff', 1, true],
    ['\ue000', 1, false],
    ['\ud7ff', 1, false],
  ])('endsInPair of %j at %d is %s', (text, end, ends) => {
    expect(endsInPair(text, end)).toBe(ends);
  });
});
