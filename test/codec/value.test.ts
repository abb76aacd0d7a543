import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exposeValue, freezeValue, roomOfText, type Value, valuesEqual } from '../../src/codec/value.ts';
import { VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from '../../src/limits.ts';
import { anyFrozen, anyValue, HOSTILE_TEXTS, isDeeplyFrozen, LONE_SURROGATES, NUMBERS, RUNS } from './literals.ts';

function own(name: string, value: unknown): object {
  return Object.defineProperty({}, name, { value, enumerable: true, configurable: true, writable: true });
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { in: value };
  return value;
}

const hole: unknown[] = [1];
hole[2] = 3;
class Point {
  x = 1;
}
const selfArray: unknown[] = [];
selfArray.push(selfArray);
const self: Record<string, unknown> = { a: 1 };
self['inner'] = { back: [self] };

describe('freezeValue', () => {
  it.each<[string, unknown]>([
    ['Cannot store value: undefined', undefined],
    ['Cannot store value: a function', () => 1],
    ['Cannot store value: a symbol', Symbol('s')],
    ['Cannot store value: NaN', Number.NaN],
    ['Cannot store value: Infinity', Number.POSITIVE_INFINITY],
    ['Cannot store value.a: -Infinity', { a: Number.NEGATIVE_INFINITY }],
    ['Cannot store value.items[3].when: a function', { items: [0, 1, 2, { when: () => 1 }] }],
    ['Cannot store value[0]: undefined', [undefined]],
    ['Cannot store value[1]: a hole', hole],
    ['Cannot store value.a.b: a symbol', { a: { b: Symbol.iterator } }],
    ['Cannot store value.a: an object with a symbol for a field name', { a: { [Symbol('k')]: 1 } }],
    ['Cannot store value["odd name"]["0"]: NaN', { 'odd name': { '0': Number.NaN } }],
    ['Cannot store value.__proto__.f: NaN', own('__proto__', { f: Number.NaN })],
    ['Cannot store value[0]: an object that holds itself', selfArray],
    ['Cannot store value.inner.back[0]: an object that holds itself', self],
    ['Cannot store value.p: an instance of Point', { p: new Point() }],
    ['Cannot store value: an instance of Map', new Map()],
    ['Cannot store value[0]: an instance of Set', [new Set()]],
    ['Cannot store value: an invalid Date', new Date(Number.NaN)],
    ['Cannot store value.d[0]: an invalid Date', { d: [new Date(9e15)] }],
    ['Cannot store value: an instance of Uint16Array', new Uint16Array(2)],
    ['Cannot store value: an instance of ArrayBuffer', new ArrayBuffer(2)],
    ['Cannot store value: an instance of DataView', new DataView(new ArrayBuffer(2))],
    ['Cannot store value: an instance of String', new String('s')],
    ['Cannot store value: an instance of Error', new Error('e')],
    ['Cannot store value: an instance of RegExp', /r/],
    ['Cannot store value: an instance of Promise', Promise.resolve()],
    ['Cannot store value: an instance of Object', Object.create({ inherited: 1 })],
    ['Cannot store value: an instance of Object', Object.create(Object.create(null))],
    ['Cannot store value: an instance of Object', Object.create({ isPrototypeOf: 1 })],
    ['Cannot store value: an instance of Object', new (class {})()],
    ['Cannot store value: an instance of Object', Object.assign(new (class {})(), { constructor: { name: 7 } })],
    ['Cannot store value: an instance of Object', Object.setPrototypeOf({ constructor: undefined }, {})],
  ])('freezeValue refuses: %s', (message, input) => {
    expect(() => freezeValue(input)).toThrow(TypeError);
    expect(() => freezeValue(input)).toThrow(message);
  });

  it.each(LONE_SURROGATES)('freezeValue refuses the lone surrogate in %j, as text and as field name', (text) => {
    expect(() => freezeValue({ a: text })).toThrow('Cannot store value.a: text with a lone surrogate');
    expect(() => freezeValue([{ [text]: 1 }])).toThrow(
      'Cannot store value[0]: an object with a lone surrogate in a field name',
    );
    expect(() => freezeValue([{ [text]: {} }])).toThrow(
      'Cannot store value[0]: an object with a lone surrogate in a field name',
    );
  });

  it.each<[unknown]>([
    [null],
    [true],
    [''],
    ['\0'],
    [10n ** 40n],
    [-5n],
    [[]],
    [{}],
    [[[], {}, [[]]]],
    [{ a: { b: { c: null } } }],
  ])('freezeValue keeps %o', (input) => {
    expect(freezeValue(input)).toEqual(input);
  });

  it('freezeValue keeps every number, -0 too', () => {
    for (const n of NUMBERS) expect(Object.is(freezeValue(n), n)).toBe(true);
  });

  it('freezeValue keeps any field name as an own field, in the order of the object', () => {
    const all = Object.fromEntries(HOSTILE_TEXTS.map((name, i) => [name, i]));
    const frozen = freezeValue(all) as Record<string, Value>; // an object was given
    expect(Object.entries(frozen)).toEqual(Object.entries(all));
    expect(Object.getPrototypeOf(frozen)).toBe(Object.prototype);
    for (const name of HOSTILE_TEXTS) expect(Object.keys(freezeValue(own(name, { x: 1 })) as object)).toEqual([name]);
    expect(Object.getPrototypeOf(freezeValue(own('__proto__', { x: [1] })))).toBe(Object.prototype);
    expect(Object.keys(freezeValue(Object.assign(own('__proto__', 1), { gone: undefined })) as object)).toEqual([
      '__proto__',
    ]);
  });

  it('freezeValue drops undefined fields and keeps the others in their order', () => {
    const frozen = freezeValue({
      u: undefined,
      a: 1,
      v: undefined,
      b: { w: undefined },
      c: undefined,
      d: [{}],
      e: undefined,
    });
    expect(Object.keys(frozen as object)).toEqual(['a', 'b', 'd']);
    expect(frozen).toStrictEqual({ a: 1, b: {}, d: [{}] });
    expect(freezeValue({ only: undefined })).toStrictEqual({});
  });

  it('freezeValue reads getters once and gives up the object it is given', () => {
    let reads = 0;
    const inner = { n: 1 };
    const input = {
      get a() {
        reads++;
        return inner;
      },
      list: [1, 2],
    };
    const frozen = freezeValue(input);
    expect(reads).toBe(1);
    inner.n = 2;
    input.list.push(3);
    expect(frozen).toEqual({ a: { n: 1 }, list: [1, 2] });
    expect(Object.getOwnPropertyDescriptor(frozen, 'a')?.get).toBeUndefined();
    expect(Object.isFrozen(input) || Object.isFrozen(inner)).toBe(false);
  });

  it('freezeValue may be called by a getter of what it freezes', () => {
    const input = {
      get a() {
        return freezeValue([{ b: 'x' }]);
      },
      c: 'y',
    };
    expect(freezeValue([input])).toEqual([{ a: [{ b: 'x' }], c: 'y' }]);
  });

  it('freezeValue takes plain objects without a prototype and of another realm, and its dates and bytes', () => {
    expect(freezeValue(Object.assign(Object.create(null), { a: 1 }))).toStrictEqual({ a: 1 });
    const foreign = freezeValue(
      runInNewContext('({ a: [1, { b: new Date(5) }], c: new Uint8Array([1, 2]), d: Object.create(null) })'),
    );
    expect(foreign).toStrictEqual({ a: [1, { b: new Date(5) }], c: new Uint8Array([1, 2]), d: {} });
    expect(isDeeplyFrozen(foreign)).toBe(true);
    expect(() => freezeValue(runInNewContext('new Map()'))).toThrow(TypeError);
  });

  it('freezeValue copies dates and bytes, and makes a Buffer a plain Uint8Array', () => {
    const date = new Date(7);
    const bytes = Buffer.from([1, 2]);
    const frozen = freezeValue({ date, bytes }) as { date: Date; bytes: Uint8Array }; // as given
    date.setTime(9);
    bytes[0] = 9;
    expect(frozen).toStrictEqual({ date: new Date(7), bytes: new Uint8Array([1, 2]) });
    expect(Object.getPrototypeOf(frozen.bytes)).toBe(Uint8Array.prototype);
  });

  it('freezeValue takes the same object twice, which is no cycle', () => {
    const shared = { n: 1 };
    expect(freezeValue({ a: shared, b: [shared, shared] })).toEqual({ a: { n: 1 }, b: [{ n: 1 }, { n: 1 }] });
  });

  it('freezeValue takes VALUE_DEPTH_MAX containers in one another and no more', () => {
    expect(freezeValue(nested(VALUE_DEPTH_MAX))).toEqual(nested(VALUE_DEPTH_MAX));
    expect(() => freezeValue(nested(VALUE_DEPTH_MAX + 1))).toThrow(RangeError);
    expect(() => freezeValue(nested(100_000))).toThrow(RangeError);
  });

  it('freezeValue refuses what would be too large to send', () => {
    expect(freezeValue('x'.repeat(VALUE_BYTES_MAX))).toHaveLength(VALUE_BYTES_MAX);
    expect(freezeValue(new Uint8Array(VALUE_BYTES_MAX - 10))).toHaveLength(VALUE_BYTES_MAX - 10);
    expect(() => freezeValue('x'.repeat(VALUE_BYTES_MAX + 1))).toThrow(RangeError);
    expect(() => freezeValue('é'.repeat(VALUE_BYTES_MAX / 2 + 1))).toThrow(RangeError);
    expect(() => freezeValue([new Uint8Array(VALUE_BYTES_MAX)])).toThrow(RangeError);
    expect(() => freezeValue(new Array(2 ** 32 - 1))).toThrow(RangeError);
    expect(() => freezeValue(1n << BigInt(8 * VALUE_BYTES_MAX))).toThrow(RangeError);
    expect(() => freezeValue(Array.from({ length: 10 }, () => 'x'.repeat(VALUE_BYTES_MAX / 10)))).toThrow(RangeError);
    expect(freezeValue(1)).toBe(1);
  });

  it.each<[string, number, (count: number) => unknown]>([
    ['the bytes of a Uint8Array', VALUE_BYTES_MAX - 10, (count) => new Uint8Array(count)],
    ['the digits of a bigint', VALUE_BYTES_MAX - 10, (count) => 1n << BigInt(4 * (count - 1))],
    ['texts as three bytes a unit', Math.floor(VALUE_BYTES_MAX / 307), (count) => Array(count).fill('x'.repeat(99))],
    ['a field and its name', Math.floor(VALUE_BYTES_MAX / 290), (count) => Array(count).fill({ ['n'.repeat(90)]: 1 })],
  ])('freezeValue counts %s, to the last that fits', (_what, max, inputOf) => {
    expect(freezeValue(inputOf(max))).toBeDefined();
    expect(() => freezeValue(inputOf(max + 1))).toThrow(RangeError);
    expect(() => freezeValue(inputOf(max + 1))).toThrow(`it may have over ${VALUE_BYTES_MAX} bytes`);
    expect(freezeValue(inputOf(max))).toBeDefined();
  });

  it('freezeValue takes an empty array when nothing is left for more', () => {
    expect(freezeValue([new Uint8Array(VALUE_BYTES_MAX - 30), []])).toHaveLength(2);
    expect(() => freezeValue([new Uint8Array(VALUE_BYTES_MAX - 30), [1]])).toThrow(RangeError);
  });

  it('freezeValue leaves alone what another realm has on its Object.prototype', () => {
    const foreign: unknown = runInNewContext('Object.prototype.evil = () => 1; ({ a: 1, b: { c: [] } })');
    expect(Object.entries(freezeValue(foreign) as object)).toEqual([
      ['a', 1],
      ['b', { c: [] }],
    ]);
  });

  it('freezeValue stands enumerable fields on Object.prototype', () => {
    const polluted = Object.prototype as { evil?: unknown }; // restored below
    try {
      for (const evil of [() => 1, { deep: 1 }, undefined, 5]) {
        polluted.evil = evil;
        const frozen = freezeValue({ a: 1, b: undefined, c: { d: [{}] } });
        expect(Object.entries(frozen as object)).toEqual([
          ['a', 1],
          ['c', { d: [{}] }],
        ]);
      }
    } finally {
      delete polluted.evil;
    }
  });

  it('freezeValue gives an equal, deeply frozen value, and freezing it again changes nothing', () => {
    fc.assert(
      fc.property(anyValue(), (input) => {
        const frozen = freezeValue(input);
        expect(isDeeplyFrozen(frozen)).toBe(true);
        expect(isDeepStrictEqual(frozen, input)).toBe(true);
        expect(valuesEqual(frozen, freezeValue(frozen))).toBe(true);
      }),
      RUNS,
    );
  });
});

describe('roomOfText', () => {
  it.each([
    ['', 0, 0],
    ['x', 1, 3],
    ['x', 99, 297],
    ['x', 100, 100],
    ['é', 100, 200],
    ['\u20ac', 100, 300],
    ['\u{1F600}', 50, 200],
  ])('roomOfText of %j, %d times, is %d', (text, times, room) => {
    expect(roomOfText(text.repeat(times))).toBe(room);
  });
});

describe('exposeValue', () => {
  it('exposeValue hands out the value itself when nothing in it can be changed', () => {
    freezeValue(new Date());
    for (const input of [1, 'a', null, {}, [1, { a: [2n] }]]) {
      const frozen = freezeValue(input);
      expect(exposeValue(frozen)).toBe(frozen);
    }
  });

  it('exposeValue hands out copies of dates and bytes wherever they are', () => {
    const inputs = (): unknown[] => [
      new Date(1),
      new Uint8Array([1]),
      [new Date(1)],
      { a: { b: [0, new Uint8Array([1])] } },
      own('__proto__', { d: new Date(1) }),
    ];
    inputs().forEach((input, i) => {
      const frozen = freezeValue(input);
      const harm = (value: Value): void => {
        if (value instanceof Date) value.setTime(99);
        else if (value instanceof Uint8Array) value[0] = 99;
        else if (typeof value === 'object' && value !== null) Object.values(value).forEach(harm);
      };
      const exposed = exposeValue(frozen);
      expect(isDeeplyFrozen(exposed)).toBe(true);
      expect(valuesEqual(exposed, frozen)).toBe(true);
      harm(exposed);
      expect(valuesEqual(exposed, frozen)).toBe(false);
      expect(frozen).toStrictEqual(inputs()[i]);
    });
  });

  it('exposeValue shares the parts that cannot be changed', () => {
    const frozen = freezeValue({ fixed: { a: 1 }, date: new Date(1) }) as { fixed: Value }; // as given
    expect((exposeValue(frozen) as { fixed: Value }).fixed).toBe(frozen.fixed);
  });
});

describe('valuesEqual', () => {
  const distinct: readonly (readonly [string, unknown])[] = [
    ['null', null],
    ['false', false],
    ['true', true],
    ['0', 0],
    ['-0', -0],
    ['1', 1],
    ['"1"', '1'],
    ['1n', 1n],
    ['""', ''],
    ['NFC', '\u00e9'],
    ['NFD', 'e\u0301'],
    ['[]', []],
    ['{}', {}],
    ['[0]', [0]],
    ['[-0]', [-0]],
    ['{"0":0}', { '0': 0 }],
    ['ab', { a: 1, b: 2 }],
    ['ba', { b: 2, a: 1 }],
    ['a', { a: 1 }],
    ['a null', { a: null }],
    ['[null]', [null]],
    ['bytes', new Uint8Array([0])],
    ['no bytes', new Uint8Array()],
    ['bytes 1', new Uint8Array([1])],
    ['date 0', new Date(0)],
    ['date 1', new Date(1)],
    ['__proto__', own('__proto__', 1)],
    ['__proto__ null', own('__proto__', null)],
  ];
  it('valuesEqual tells every two of a list of distinct values apart, and each equals its copy', () => {
    distinct.forEach(([nameA, a], i) => {
      distinct.forEach(([nameB, b], j) => {
        const wrapped = [{ x: a }, { x: b }] as const;
        expect([nameA, nameB, valuesEqual(freezeValue(a), freezeValue(b))]).toEqual([nameA, nameB, i === j]);
        expect([nameA, nameB, valuesEqual(freezeValue(wrapped[0]), freezeValue(wrapped[1]))]).toEqual([
          nameA,
          nameB,
          i === j,
        ]);
      });
    });
  });

  it('valuesEqual is symmetric and agrees with a copy', () => {
    fc.assert(
      fc.property(anyFrozen(), anyFrozen(), (a, b) => {
        expect(valuesEqual(a, b)).toBe(valuesEqual(b, a));
        expect(valuesEqual(a, freezeValue(a))).toBe(true);
      }),
      RUNS,
    );
  });
});
