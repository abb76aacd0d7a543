import { describe, expect, it } from 'vitest';
import { checkCounter, checkReplicaId, compareDots, formatDot, parseDot, sameDot } from '../../src/clock/dot.ts';
import { COUNTER_MAX } from '../../src/limits.ts';
import { ID_LIST } from './literals.ts';

describe('checkReplicaId', () => {
  it.each([...ID_LIST, 'a'.repeat(256), 'é'.repeat(128), '\u{1F600}'.repeat(64), '\0', ' '])(
    'checkReplicaId takes %j',
    (id) => {
      expect(() => checkReplicaId(id)).not.toThrow();
    },
  );
  it.each(['', 'a'.repeat(257), 'é'.repeat(129), '\u{1F600}'.repeat(65)])(
    'checkReplicaId refuses the length of %j',
    (id) => {
      expect(() => checkReplicaId(id)).toThrow(RangeError);
    },
  );
  it.each(['\uD800', 'a\uDC00', '\uDC00\uD800'])('checkReplicaId refuses the lone surrogate in %j', (id) => {
    expect(() => checkReplicaId(id)).toThrow(TypeError);
  });
  it.each([undefined, null, 1, {}])('checkReplicaId refuses %j, which is no string', (id) => {
    expect(() => checkReplicaId(id as unknown as string)).toThrow(TypeError); // a caller without types
  });
});

describe('checkCounter', () => {
  it.each([1, 2, 2 ** 32, COUNTER_MAX])('checkCounter takes %d', (counter) => {
    expect(() => checkCounter(counter)).not.toThrow();
  });
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, COUNTER_MAX + 1, '1'])(
    'checkCounter refuses %j',
    (counter) => {
      expect(() => checkCounter(counter as number)).toThrow(RangeError); // a caller without types
    },
  );
});

describe('compareDots', () => {
  it.each([
    ['a:1', 'a:1', 0],
    ['a:1', 'a:2', -1],
    ['a:10', 'a:9', 1],
    ['a:9', 'b:1', -1],
    ['ab:1', 'b:1', -1],
    ['\uFFFD:1', '\u{1F600}:1', -1],
  ])('compareDots puts %s and %s in the order of the bytes of the id, then of the counter', (a, b, sign) => {
    expect(Math.sign(compareDots(parseDot(a), parseDot(b)))).toBe(sign);
    expect(sameDot(parseDot(a), parseDot(b))).toBe(sign === 0);
  });
});

describe('formatDot and parseDot', () => {
  it.each([...ID_LIST, ':', '::1', 'a b'])('parseDot reads what formatDot wrote for %j', (id) => {
    for (const counter of [1, 42, COUNTER_MAX]) expect(parseDot(formatDot({ id, counter }))).toEqual({ id, counter });
  });
  it.each([
    '',
    ':',
    'a',
    'a:',
    ':1',
    '1',
    'a:0',
    'a:-1',
    'a:01',
    'a:+1',
    'a:1.0',
    'a:1e3',
    'a: 1',
    'a:9007199254740992',
    '\uD800:1',
  ])('parseDot refuses %j', (text) => {
    expect(() => parseDot(text)).toThrow(expect.objectContaining({ code: 'ENCODING_INVALID' }));
  });

  it('parseDot hands on why an id or a counter is none', () => {
    expect(() => parseDot(':1')).toThrow(expect.objectContaining({ cause: expect.any(RangeError) }));
    expect(() => parseDot('a:0')).toThrow(expect.objectContaining({ cause: expect.any(RangeError) }));
  });
});
