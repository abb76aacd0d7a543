import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/codec/bytes.ts';
import { exposeValue, freezeValue, type Value, valuesEqual } from '../../src/codec/value.ts';
import { encodeValue } from '../../src/codec/value-encoding.ts';
import { ValueStreamReader, ValueStreamWriter } from '../../src/codec/value-stream.ts';
import { VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from '../../src/limits.ts';
import {
  anyFrozen,
  damaged,
  expectRefused,
  fromHex,
  HOSTILE_TEXTS,
  hex,
  isDeeplyFrozen,
  NUMBERS,
  RUNS,
  refusal,
} from './literals.ts';

function encodeStream(values: readonly Value[]): Uint8Array {
  const w = new ByteWriter();
  const stream = new ValueStreamWriter();
  for (const value of values) stream.write(w, value);
  return w.finish();
}

function decodeStream(bytes: Uint8Array, count: number): Value[] {
  const r = new ByteReader(bytes);
  const stream = new ValueStreamReader();
  const values = Array.from({ length: count }, () => stream.read(r));
  r.expectEnd();
  return values;
}

function expectRoundTrip(inputs: readonly unknown[]): number {
  const values = inputs.map(freezeValue);
  const bytes = encodeStream(values);
  const decoded = decodeStream(bytes, values.length);
  decoded.forEach((value, i) => {
    if (!valuesEqual(value, values[i] as Value)) expect(value).toEqual(values[i]); // as many as there were
    expect(isDeeplyFrozen(value)).toBe(true);
  });
  return bytes.length;
}

const user = (id: number): unknown => ({
  id,
  name: `user-${id}`,
  score: (id % 400) / 4,
  active: id % 2 === 1,
  group: ['blue', 'red', 'green'][id % 3],
});

describe('ValueStreamWriter', () => {
  it.each<[string, unknown[], string]>([
    ['null, booleans, small integers', [null, false, true, 5], '00 01 02 85'],
    ['the same integer again as a difference', [1000, 1000, 1001, 999], '08e807 0400 0402 0403'],
    ['no difference where it saves nothing', [1000, 100_000], '08e807 08a08d06'],
    ['a string again from the cache', ['blue', 'blue'], '14626c7565 5293'],
    ['a prefix of the last text', ['user-1', 'user-27'], '16757365722d31 62053237'],
    ['no prefix below three units', ['us1', 'us2'], '13757331 13757332'],
    ['a shape once', [{ a: 1 }, { a: 2 }], '5001016181 4082'],
    [
      'field by field the last integer',
      [
        { a: 1000, b: 5000 },
        { a: 1001, b: 5001 },
      ],
      '500201610162 08e807 088827 40 0402 0402',
    ],
    ['a date as a difference', [new Date(1e12), new Date(1e12 + 1)], '07 0880a094a58d1d 07 0402'],
  ])('ValueStreamWriter writes %s', (_what, inputs, bytes) => {
    const values = inputs.map(freezeValue);
    expect(hex(encodeStream(values))).toBe(hex(fromHex(bytes)));
    expect(decodeStream(fromHex(bytes), values.length)).toStrictEqual(values);
  });

  it.each<[string, string[], string]>([
    ['a text of 256 units is begun like', ['p'.repeat(256), `${'p'.repeat(256)}q`], '61 8002 71'],
    ['a text of 257 units is not', ['p'.repeat(257), `${'p'.repeat(257)}q`], `2f e301 ${'70'.repeat(257)}71`],
    ['a text of 257 units leaves the one before', ['abcdef', 'p'.repeat(257), 'abcdeg'], '61 05 67'],
    ['a text of 64 units is cached', ['p'.repeat(64), 'p'.repeat(64)], '52 6f'],
    ['a text of 65 units is not', ['p'.repeat(65), 'p'.repeat(65)], '60 41'],
    ['a text of 1 unit is not', ['p', 'p'], '11 70'],
  ])('ValueStreamWriter remembers texts within bounds: %s', (_what, texts, last) => {
    const before = encodeStream(texts.slice(0, -1)).length;
    expect(hex(encodeStream(texts).subarray(before))).toBe(hex(fromHex(last)));
    expectRoundTrip(texts);
  });

  it.each<[string, number, string, string]>([
    ['64 fields', 64, 'n', '40'],
    ['65 fields', 65, 'n', '51'],
    ['names of 1024 units', 32, 'n'.repeat(30), '40'],
    ['names of 1025 units and more', 32, `x${'n'.repeat(30)}`, '51'],
  ])('ValueStreamWriter keeps the shape of an object within bounds: %s', (_what, count, name, tag) => {
    const one = Object.fromEntries(
      Array.from({ length: count }, (_, at) => [name + String(at).padStart(2, '0'), null]),
    );
    const before = encodeStream([one]).length;
    expect(hex(encodeStream([one, one]).subarray(before, before + 1))).toBe(tag);
    expectRoundTrip([one, one]);
  });

  it('ValueStreamWriter takes at most 22 bytes for a flat object among similar ones', () => {
    const ids = Array.from({ length: 2_000 }, (_, i) => (i * 7919) % 100_000);
    expect(expectRoundTrip(ids.map(user)) / ids.length).toBeLessThan(22);
  });

  it('ValueStreamWriter keeps every number and text in any order', () => {
    expectRoundTrip(NUMBERS);
    expectRoundTrip(NUMBERS.flatMap((n, i) => [n, NUMBERS[(i * 7) % NUMBERS.length], { n }]));
    expectRoundTrip([...HOSTILE_TEXTS, ...HOSTILE_TEXTS, ...HOSTILE_TEXTS.map((text) => `same prefix ${text}`)]);
    expectRoundTrip(
      HOSTILE_TEXTS.flatMap((name) => [
        { [name]: 1 },
        Object.fromEntries([[name, name]]),
        Object.fromEntries([
          ['__proto__', name],
          [name, 2],
        ]),
      ]),
    );
  });

  it('ValueStreamWriter never shares half of a surrogate pair', () => {
    expectRoundTrip([
      'abc\u{1F600}',
      'abc\u{1F601}',
      'abc\u{1F600}x',
      'abc\u{1F601}',
      'abcd',
      'ab\u{1F600}',
      'ab\u{1F601}',
    ]);
  });

  it('ValueStreamWriter goes on when there is no room for another shape', () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ [`field${i}`]: i }));
    const wide = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`f${i}`, i]));
    const long = { ['n'.repeat(2_000)]: 1 };
    expectRoundTrip([wide, long, wide, long, ...many, ...many, wide, long]);
  });

  it('ValueStreamWriter and reader agree when texts push one another out of the cache', () => {
    const texts = Array.from({ length: 3_000 }, (_, i) => `t${(i * i) % 700}`);
    expectRoundTrip([...texts, ...texts.map((text) => ({ text, other: [text, text] }))]);
  });

  it('ValueStreamWriter writes the own fields only', () => {
    const polluted = Object.prototype as { evil?: unknown }; // restored below
    const values = [{ a: 1 }, {}, [{ b: 'x' }]].map(freezeValue);
    let decoded: Value[];
    try {
      polluted.evil = 1;
      decoded = decodeStream(encodeStream(values), 3);
    } finally {
      delete polluted.evil;
    }
    expect(decoded).toStrictEqual(values);
  });
});

describe('ValueStreamReader', () => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['a shape never sent', '40'],
    ['a shape never sent, by its varint', '4f05'],
    ['a string never sent', '5203'],
    ['a prefix of nothing', '610361'],
    ['a prefix longer than the last text', '14626c7565 610561'],
    ['a prefix that ends within a pair', '17616263f09f9880 610461'],
    ['a field twice', '5002016101618182'],
    ['array indexes out of order', '500201320131 8182'],
    [
      'a shape of too many fields',
      `5041${Array.from({ length: 65 }, (_, i) => `02${(0x6100 + 256 * (i >> 4) + 0x61 + (i & 15)).toString(16)}`).join('')}${'80'.repeat(65)}`,
    ],
    ['more names than bytes', '50ffff0301'],
    ['an unknown tag', '53'],
    ['a difference out of range', '08ffffffffffffff0f 0402'],
    ['a Date that is a difference out of range', '07088080f0968cc1ac0f 070402'],
    ['a Date that is text', '071161'],
    ['an integer out of range', '09ffffffffffffff0f'],
    ['NaN', '03000000000000f87f'],
    ['a bigint without digits', '0500'],
    ['a lone surrogate', '13eda080'],
    ['an array longer than its bytes', '3fffff7f'],
    ['text longer than its bytes', '2fffffff0361'],
  ])('ValueStreamReader refuses %s: %s', (_what, bytes) => {
    const r = new ByteReader(fromHex(bytes));
    const stream = new ValueStreamReader();
    expectRefused(() => {
      for (;;) {
        if (r.remaining === 0 && r.offset > 0) return;
        stream.read(r);
      }
    });
  });

  it('ValueStreamReader takes VALUE_DEPTH_MAX containers in one another and no more', () => {
    for (const open of ['31', '51010161']) {
      expect(isDeeplyFrozen(decodeStream(fromHex(`${open.repeat(VALUE_DEPTH_MAX)}80`), 1)[0] as Value)).toBe(true);
      expectRefused(() => decodeStream(fromHex(`${open.repeat(VALUE_DEPTH_MAX + 1)}80`), 1));
      expectRefused(() => decodeStream(fromHex(open.repeat(200_000)), 1));
    }
  });

  it('ValueStreamReader takes whatever size freezeValue takes, and refuses values blown up by references', () => {
    for (const value of ['x'.repeat(VALUE_BYTES_MAX), [['y'.repeat(VALUE_BYTES_MAX - 20)]], Array(800_000).fill(1)])
      expectRoundTrip([value, value]);
    const text = 'x'.repeat(60);
    const w = new ByteWriter();
    const stream = new ValueStreamWriter();
    stream.write(w, Array(200_000).fill(text));
    expectRefused(() => decodeStream(w.finish(), 1));
  });

  it('ValueStreamReader notes dates and bytes, so that exposeValue copies them', () => {
    for (const input of [new Date(5), [new Date(5)], { a: [new Uint8Array([1])] }]) {
      const value = decodeStream(encodeStream([freezeValue(input)]), 1)[0] as Value; // one was sent
      expect(exposeValue(value)).not.toBe(value);
    }
  });

  it('ValueStreamReader makes values that exposeValue hands out as they are, when there is no date and no byte in them', () => {
    freezeValue(new Date(5));
    for (const input of [[], {}, [1, [2]], { a: { b: [null, 'x'] } }]) {
      const value = decodeStream(encodeStream([freezeValue(input)]), 1)[0] as Value; // one was sent
      expect(exposeValue(value)).toBe(value);
    }
    const mixed = decodeStream(encodeStream([freezeValue([{ a: 1 }, { a: new Date(5) }])]), 1)[0] as readonly Value[];
    const shown = exposeValue(mixed) as readonly Value[]; // an array was sent
    expect([shown === mixed, shown[0] === mixed[0], shown[1] === mixed[1]]).toEqual([false, true, false]);
  });

  // What each of these takes of the room of a value is 10 for a member or a field, and three times the units of a text.
  it.each<[string, number, (count: number) => Uint8Array]>([
    ['texts that are referred to', 190, (count) => encodeStream([Array<string>(count).fill('x'.repeat(60))])],
    ['fields with long names', 290, (count) => encodeStream([Array(count).fill({ ['n'.repeat(90)]: 1 })])],
    ['bigints', 20, (count) => encodeStream([Array<bigint>(count).fill(2n ** 32n)])],
  ])('ValueStreamReader counts %s', (_what, each, bytesOf) => {
    const max = Math.floor(VALUE_BYTES_MAX / each);
    expect(decodeStream(bytesOf(max), 1)[0]).toHaveLength(max);
    expectRefused(() => decodeStream(bytesOf(max + 1), 1));
  });

  it('ValueStreamReader counts bytes, to the last of them', () => {
    const bytesOf = (length: number): Uint8Array => encodeStream([new Uint8Array(length)]);
    expect(decodeStream(bytesOf(VALUE_BYTES_MAX - 4), 1)[0]).toHaveLength(VALUE_BYTES_MAX - 4);
    expectRefused(() => decodeStream(bytesOf(VALUE_BYTES_MAX - 3), 1));
  });

  it('ValueStreamReader counts the names of a shape before it keeps them', () => {
    const bytesOf = (left: number): Uint8Array =>
      encodeStream([[new Uint8Array(VALUE_BYTES_MAX - 24 - left), { ab: 1 }]]);
    expect(decodeStream(bytesOf(16), 1)[0]).toHaveLength(2);
    expectRefused(() => decodeStream(bytesOf(15), 1));
  });

  it('ValueStreamReader gives back any values in their order, over several messages', () => {
    fc.assert(
      fc.property(fc.array(anyFrozen(), { maxLength: 8 }), fc.nat(7), (values, cut) => {
        expectRoundTrip([...values, ...values]);
        const out = new ValueStreamWriter();
        const into = new ValueStreamReader();
        for (const part of [values.slice(0, cut), values.slice(cut), values]) {
          const w = new ByteWriter();
          for (const value of part) out.write(w, value);
          const r = new ByteReader(w.finish());
          for (const value of part) expect(valuesEqual(into.read(r), value)).toBe(true);
          r.expectEnd();
        }
      }),
      { ...RUNS, numRuns: 500 },
    );
  });

  it('ValueStreamReader refuses every truncation, and every changed byte unless it makes other values that can be stored', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrozen(), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(),
        (values, flip, cut) => {
          const bytes = encodeStream([...values, ...values]);
          expectRefused(() => decodeStream(bytes.subarray(0, cut % bytes.length), 2 * values.length));
          for (const changed of damaged(bytes, flip)) expectStorable(changed, 2 * values.length);
        },
      ),
      { ...RUNS, numRuns: 500 },
    );
  });

  it('ValueStreamReader refuses any bytes, or reads values that can be stored', () => {
    const byte = fc.oneof(
      fc.nat(255),
      fc.constantFrom(0x40, 0x50, 0x51, 0x52, 0x04, 0x61, 0x62, 0x01, 0x02, 0x13, 0x61, 0x80, 0x08, 0x07, 0x31),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), (list, count) =>
        expectStorable(new Uint8Array(list), count),
      ),
      { ...RUNS, numRuns: 10_000 },
    );
  });
});

/** Expects bytes to be refused, or to be values that freezeValue and the encoding at rest take as they are. */
function expectStorable(bytes: Uint8Array, count: number): void {
  let values: Value[] = [];
  const code = refusal(() => {
    values = decodeStream(bytes, count);
  });
  expect(['', 'ENCODING_INVALID']).toContain(code);
  for (const value of values) {
    expect(isDeeplyFrozen(value)).toBe(true);
    expect(valuesEqual(freezeValue(value), value)).toBe(true);
    encodeValue(value);
  }
}

describe('ValueStreamWriter, begun anew', () => {
  const shaped = (fields: number, tail: unknown): unknown =>
    Object.fromEntries(Array.from({ length: fields }, (_, at) => [`f${at}`, at === 0 ? tail : `text ${fields} ${at}`]));

  it.each<readonly [what: string, values: readonly unknown[]]>([
    ['texts and integers of the same fields', [shaped(3, 1_000_000), shaped(3, 1_000_001), shaped(3, 'text 3 again')]],
    ['objects in objects of the same shape', [{ a: { a: { a: 5_000 } } }, { a: { a: { a: 5_001 } } }, { a: 5_002 }]],
    ['shapes in another order', [[{ a: 1 }, { b: 2 }], [{ b: 2 }, { a: 1 }], { b: { a: 300 } }, { a: { b: 301 } }]],
    ['more shapes than are kept', [...Array.from({ length: 12 }, (_, at) => shaped(at, 900 + at)), shaped(1, 901)]],
    ['an object without fields, and integers by themselves', [{}, 70_000, {}, 70_001, [{}, {}]]],
  ])('writes what a new one does: %s', (_what, inputs) => {
    const stream = new ValueStreamWriter();
    const w = new ByteWriter();
    for (const value of [...inputs, ...inputs].map(freezeValue)) {
      stream.reset();
      w.reset();
      stream.write(w, value);
      expect(hex(w.finish())).toBe(hex(encodeStream([value])));
    }
  });

  it('writes what a new one does: anything', () => {
    const stream = new ValueStreamWriter();
    fc.assert(
      fc.property(fc.array(anyFrozen(), { maxLength: 4 }), (values) => {
        const w = new ByteWriter();
        stream.reset();
        for (const value of values) stream.write(w, value);
        expect(hex(w.finish())).toBe(hex(encodeStream(values)));
      }),
      RUNS,
    );
  });

  it.each([[['inherited']], [['inherited', 'too']]])('takes no field from a prototype that shows %j', (names) => {
    const prototype = Object.prototype as Record<string, unknown>;
    const values = [
      [{ a: 1, b: 'x' }, { a: 2, b: 'x' }, {}, {}, { inherited: 1 }, {}],
      {},
      { inherited: 3 },
      {},
      [{ inherited: 4 }, {}],
    ].map(freezeValue);
    const encode = (): string[] => values.map((value) => hex(encodeValue(value)));
    const expected = encode();
    for (const name of names)
      Object.defineProperty(prototype, name, { value: 1, enumerable: true, configurable: true });
    const found = encode();
    for (const name of names) delete prototype[name];
    expect(found).toEqual(expected);
  });
});
