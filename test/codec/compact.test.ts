import { describe, expect, it } from 'vitest';
import { objectWithRoom, sameNames, setField } from '../../src/codec/compact.ts';

describe('objectWithRoom', () => {
  it('objectWithRoom gives an empty plain object of its own, for any number of fields', () => {
    for (const fields of [0, 1, 5, 5, 255, 256, 257, 1_000_000]) {
      const object = objectWithRoom(fields);
      expect(Object.keys(object)).toEqual([]);
      expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
      setField(object, 'a', fields);
      expect(objectWithRoom(fields)).toStrictEqual({});
    }
  });
});

describe('setField', () => {
  it.each(['a', '0', '', '__proto__', 'constructor'])('setField makes %j a field as any assignment would', (name) => {
    const object: Record<string, unknown> = {};
    setField(object, name, 1);
    setField(object, name, 2);
    expect(Object.getOwnPropertyDescriptor(object, name)).toEqual({
      value: 2,
      enumerable: true,
      configurable: true,
      writable: true,
    });
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
  });
});

describe('sameNames', () => {
  it.each<[string[], string[], boolean]>([
    [[], [], true],
    [['a'], ['a'], true],
    [['a', 'b'], ['a', 'b'], true],
    [['a', 'b'], ['b', 'a'], false],
    [['a'], ['b'], false],
    [['a'], ['a', 'b'], false],
    [['a', 'b'], ['a'], false],
    [[], ['a'], false],
  ])('sameNames of %j and %j is %s', (a, b, same) => {
    expect(sameNames(a, b)).toBe(same);
  });
});
