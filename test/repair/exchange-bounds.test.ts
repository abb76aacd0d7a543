import { describe, expect, test } from 'vitest';
import { checkClock, checkFrameLimit, checkSpeaker } from '../../src/repair/exchange-bounds.ts';
import { set } from '../clock/literals.ts';

describe('checkSpeaker', () => {
  test.each<[id: string, name: string | undefined]>([
    ['a~1', undefined],
    ['a~1', 'a'],
    ['a', 'a'],
  ])('checkSpeaker lets %s speak for %s', (id, name) => {
    expect(checkSpeaker(id, name)).toBeUndefined();
  });

  test.each([
    ['b~1', 'a'],
    ['a~1', 'a~1'],
    ['ab~1', 'a'],
  ])('checkSpeaker refuses %s for %s', (id, name) => {
    expect(() => checkSpeaker(id, name)).toThrow(expect.objectContaining({ code: 'FORBIDDEN', details: { id } }));
    expect(() => checkSpeaker(id, name)).toThrow(`Cannot exchange with "${name}": it speaks as "${id}"`);
  });
});

describe('checkClock', () => {
  test('checkClock takes a clock of so many ids and no more, and any without a limit', () => {
    expect(checkClock(set('a1 b1-9'), 2)).toBeUndefined();
    expect(checkClock(set('a1 b1 c1 d1'))).toBeUndefined();
    expect(() => checkClock(set('a1 b1 c1'), 2)).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED', details: { max: 2 } }),
    );
    expect(() => checkClock(set('a1 b1 c1'), 2)).toThrow('a clock has 3 ids, the limit is 2');
  });
});

describe('checkFrameLimit', () => {
  test('checkFrameLimit takes a whole number of at least 64 bytes', () => {
    for (const bytes of [64, 65, 2 ** 24]) expect(checkFrameLimit(bytes)).toBeUndefined();
    for (const bytes of [63, 0, -64, 64.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => checkFrameLimit(bytes)).toThrow(RangeError);
  });
});
