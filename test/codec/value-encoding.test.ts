import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/codec/bytes.ts';
import { exposeValue, freezeValue, type Value, valuesEqual } from '../../src/codec/value.ts';
import { decodeValue, encodeValue, readValue, writeValue } from '../../src/codec/value-encoding.ts';
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

/** Expects bytes to be refused, or to stand for a value whose encoding they are. */
function expectCanonical(bytes: Uint8Array): void {
  let value: Value | undefined;
  const code = refusal(() => {
    value = decodeValue(bytes);
  });
  if (code === '') {
    expect(hex(encodeValue(value as Value))).toBe(hex(bytes)); // it was decoded
    expect(isDeeplyFrozen(value as Value)).toBe(true);
  } else {
    expect(code).toBe('ENCODING_INVALID');
  }
}

describe('encodeValue', () => {
  it.each<[unknown, string]>([
    [null, '00'],
    [false, '01'],
    [true, '02'],
    [0, '80'],
    [127, 'ff'],
    [128, '08 8001'],
    [-1, '09 00'],
    [-129, '09 8001'],
    [-0, '03 0000000000000080'],
    [2 ** 53 - 1, '08 ffffffffffffff0f'],
    [-(2 ** 53) + 1, '09 feffffffffffff0f'],
    [2 ** 53, '03 0000000000004043'],
    [0.5, '0a 0a'],
    [71.25, '0b aa6f'],
    [-59.9139, '0d c59149'],
    [1e-6, '0f 02'],
    [2 ** 47 / 10, '0a 80808080808040'],
    [-(2 ** 47) / 10, '0a ffffffffffff3f'],
    [(2 ** 47 + 1) / 10, '03 cd9999999999a942'],
    [1e-7, '03 48afbc9af2d77a3e'],
    [Math.PI, '03 182d4454fb210940'],
    ['', '10'],
    ['a', '11 61'],
    ['x'.repeat(30), `2e ${'78'.repeat(30)}`],
    ['x'.repeat(31), `2f 00 ${'78'.repeat(31)}`],
    ['x'.repeat(200), `2f a901 ${'78'.repeat(200)}`],
    ['\u{1F600}', '14 f09f9880'],
    [0n, '05 01 30'],
    [255n, '05 02 6666'],
    [256n, '05 03 313030'],
    [-1n, '05 02 2d31'],
    [-16n, '05 03 2d3130'],
    [2n ** 64n, `05 11 31${'30'.repeat(16)}`],
    [new Uint8Array([1, 2]), '06 02 0102'],
    [new Date(0), '07 80'],
    [new Date(-1), '07 09 00'],
    [new Date(8.64e15), '07 08 8080f0968cc1ac0f'],
    [[], '30'],
    [[1, [2]], '32 81 31 82'],
    [['blue', 'blue'], '32 14 626c7565 52 93'],
    [[1000, 1001], '32 08 e807 04 02'],
    [[{ a: 1 }, { a: 2 }], '32 50 01 0161 81 40 82'],
    [Array(15).fill(null), `3f 00 ${'00'.repeat(15)}`],
    [{}, '50 00'],
    [{ a: 1 }, '50 01 0161 81'],
    [{ b: 1, a: { '': null } }, '50 02 0162 0161 81 50 01 00 00'],
    [{ b: 1, 10: 2, 9: 3 }, '50 03 0139 023130 0162 83 82 81'],
    [JSON.parse('{"__proto__":1}'), '50 01 095f5f70726f746f5f5f 81'],
  ])('encodeValue writes %o as %s', (input, bytes) => {
    const expected = fromHex(`01 ${bytes}`);
    expect(hex(encodeValue(freezeValue(input)))).toBe(hex(expected));
    expect(valuesEqual(decodeValue(expected), freezeValue(input))).toBe(true);
  });

  it('encodeValue keeps every number and every text, and never takes more than 10 bytes for a number', () => {
    for (const n of NUMBERS) {
      expect(Object.is(decodeValue(encodeValue(n)), n)).toBe(true);
      expect(encodeValue(n).length).toBeLessThanOrEqual(10);
    }
    for (const text of HOSTILE_TEXTS) expect(decodeValue(encodeValue(text))).toBe(text);
  });

  it('encodeValue writes values of all kinds as the golden bytes say', () => {
    const golden = JSON.parse(readFileSync(new URL('../vectors/value/v1/golden.json', import.meta.url), 'utf8')) as {
      is: string;
      hex: string;
    }[]; // our own file
    const values: Record<string, unknown> = GOLDEN;
    expect(golden.map(({ is }) => is)).toEqual(Object.keys(values));
    for (const { is, hex: bytes } of golden) {
      const value = freezeValue(values[is]);
      expect([is, hex(encodeValue(value))]).toEqual([is, bytes]);
      expect([is, valuesEqual(decodeValue(fromHex(bytes)), value)]).toEqual([is, true]);
    }
  });
});

/** What the golden bytes stand for; append only. */
const GOLDEN = {
  'a flat object': { id: 48213, name: 'user-48213', score: 71.25, active: true, group: 'blue' },
  'every scalar': [
    null,
    false,
    true,
    0,
    -0,
    127,
    128,
    -1,
    -300,
    2 ** 40,
    -(2 ** 40),
    0.1,
    12.345678,
    1 / 3,
    1e300,
    '',
    'abc',
    12345678901234567890n,
    -1n,
    new Date(1763787600000),
    new Uint8Array([0, 255]),
  ],
  'hostile names': JSON.parse(
    '{"7":1,"__proto__":{"constructor":null},"\\u0000":"\\u0000","":[],"e\\u0301":"\\u00e9","\\ud83d\\ude00":{}}',
  ),
  'long text and long containers': [
    'x'.repeat(31),
    'é'.repeat(100),
    Array.from({ length: 20 }, (_, i) => i * 10),
    Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`f${i}`, i])),
  ],
  'what repeats': [
    ...Array.from({ length: 4 }, (_, i) => ({
      id: 48213 + i,
      name: `user-${48213 + i}`,
      at: new Date(1763787600000 + i),
      group: 'blue',
    })),
    'blue',
    'blue',
    'abc\u{1F600}',
    'abc\u{1F601}',
  ],
  'nested containers': { a: [{ b: { c: [[], {}, [{}]] } }, [[[1.5]]]] },
};

describe('decodeValue', () => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['no value', '01'],
    ['another version', '0200'],
    ['a byte too many', '010000'],
    ['an unknown tag', '0153'],
    ['an unknown tag', '015f'],
    ['a small number in long form', '01087f'],
    ['a varint that is not minimal', '0108808000'],
    ['an integer below the safe ones', '0109ffffffffffffff0f'],
    ['a difference where it saves nothing', '010402'],
    ['no difference where it saves something', '013208e80708e807'],
    ['a difference out of range', '013208ffffffffffffff0f0402'],
    ['an integer as a double', '0103000000000000f03f'],
    ['0 as a double', '01030000000000000000'],
    ['0.5 as a double', '0103000000000000e03f'],
    ['NaN', '0103000000000000f87f'],
    ['Infinity', '0103000000000000f07f'],
    ['0 as a decimal', '010a00'],
    ['1.0 as a decimal', '010a14'],
    ['0.50 as a decimal', '010b64'],
    ['a decimal with too long a mantissa', '010afeffffffffff7f'],
    ['a double cut off', '0103000000'],
    ['a bigint without digits', '010500'],
    ['a bigint that is only a minus', '0105012d'],
    ['a bigint with a leading 0', '0105023066'],
    ['a bigint of minus 0', '0105022d30'],
    ['a bigint in capitals', '01050146'],
    ['a bigint with a letter before its digits', '0105026731'],
    ['a bigint with a letter behind its digits', '0105023167'],
    ['a bigint with a minus behind its digits', '010502312d'],
    ['a bigint with a line after it', '010502660a'],
    ['bytes cut off', '0106ff0100'],
    ['text cut off', '011261'],
    ['text of 31 bytes cut off', `012f00${'78'.repeat(30)}`],
    ['text that is not UTF-8', '0111ff'],
    ['a lone surrogate', '0113eda080'],
    ['a text of the cache that was never sent', '015293'],
    ['a text twice in full', '0132126161126161'],
    ['a prefix where there was no text', '01610361'],
    ['no prefix where there is one', '0132146161616115616161 6162'],
    ['a Date that is a decimal', '01070a0a'],
    ['a Date that is -0', '0107030000000000000080'],
    ['a Date out of range', '0107088180f0968cc1ac0f'],
    ['a Date that is text', '01071161'],
    ['a Date of a Date', '010707'],
    ['an array cut off', '0131'],
    ['an array longer than its bytes', '013fffffff03'],
    ['an object of a shape that was never sent', '0140'],
    ['an object whose shape is not remembered though it could be', '015101016180'],
    ['an object with its names again', '01325001016180 5001016180'],
    ['the same field twice', '01500201610161 8180'],
    ['array indexes out of order', '01500201320131 8081'],
    ['an array index after a name', '01500201610131 8081'],
    ['__proto__ twice', '015002095f5f70726f746f5f5f095f5f70726f746f5f5f8080'],
    ['more fields than bytes', '0150ffff0301'],
  ])('decodeValue refuses %s: %s', (_what, bytes) => {
    expectRefused(() => decodeValue(fromHex(bytes)));
  });

  it('decodeValue takes VALUE_DEPTH_MAX containers in one another and no more, as freezeValue', () => {
    for (const wrap of [(value: Value): Value => [value], (value: Value): Value => ({ a: value })]) {
      let value: Value = 0;
      for (let i = 0; i < VALUE_DEPTH_MAX; i++) value = wrap(value);
      expect(isDeeplyFrozen(decodeValue(encodeValue(value)))).toBe(true);
      expectRefused(() => decodeValue(encodeValue(wrap(value))));
    }
    for (const open of ['31', '50010161', '51010161', '500040'])
      expectRefused(() => decodeValue(fromHex(`01${open.repeat(200_000)}`)));
  });

  it('decodeValue takes whatever size freezeValue takes, and refuses more', () => {
    for (const value of [
      'x'.repeat(VALUE_BYTES_MAX),
      new Uint8Array(VALUE_BYTES_MAX - 10),
      [['y'.repeat(VALUE_BYTES_MAX - 20)]],
      Array(800_000).fill(1),
    ]) {
      expect(valuesEqual(decodeValue(encodeValue(freezeValue(value))), freezeValue(value))).toBe(true);
    }
    for (const value of ['x'.repeat(VALUE_BYTES_MAX + 1), ['x'.repeat(VALUE_BYTES_MAX)], Array(900_000).fill(1)]) {
      const w = new ByteWriter();
      w.u8(1);
      writeValue(w, value);
      expectRefused(() => decodeValue(w.finish()));
    }
  });

  it('decodeValue makes fields of any name own fields of a plain object', () => {
    const value = decodeValue(fromHex('01 50 01 095f5f70726f746f5f5f 50 01 0161 81')) as Record<string, unknown>; // an object by its bytes
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect((value as { a?: unknown }).a).toBeUndefined();
  });

  it('decodeValue notes dates and bytes, so that exposeValue copies them', () => {
    for (const input of [new Date(5), [new Date(5)], { a: [new Uint8Array([1])] }]) {
      const value = decodeValue(encodeValue(freezeValue(input)));
      expect(exposeValue(value)).not.toBe(value);
      expect(valuesEqual(exposeValue(value), value)).toBe(true);
    }
  });

  it('decodeValue gives back the value, deeply frozen', () => {
    fc.assert(
      fc.property(anyFrozen(), (value) => {
        const decoded = decodeValue(encodeValue(value));
        expect(valuesEqual(decoded, value)).toBe(true);
        expect(isDeeplyFrozen(decoded)).toBe(true);
        expect(isDeepStrictEqual(decoded, value)).toBe(true);
      }),
      RUNS,
    );
  });

  it('decodeValue refuses every truncation, and every changed byte unless it makes another canonical value', () => {
    for (const input of Object.values(GOLDEN)) {
      const bytes = encodeValue(freezeValue(input));
      for (let i = 0; i < bytes.length; i++) {
        expectRefused(() => decodeValue(bytes.subarray(0, i)));
        for (let bit = 0; bit < 8; bit++) {
          const flipped = bytes.slice();
          flipped[i] = (flipped[i] as number) ^ (1 << bit);
          expectCanonical(flipped);
        }
      }
    }
    fc.assert(
      fc.property(anyFrozen(), fc.integer({ min: 1, max: 255 }), fc.nat(), (value, flip, cut) => {
        const bytes = encodeValue(value);
        expectRefused(() => decodeValue(bytes.subarray(0, cut % bytes.length)));
        damaged(bytes, flip).forEach(expectCanonical);
      }),
      RUNS,
    );
  });

  it('decodeValue takes any bytes that encodeValue writes back unchanged, or refuses them', () => {
    const byte = fc.oneof(
      fc.nat(255),
      fc.constantFrom(
        0x00,
        0x03,
        0x04,
        0x05,
        0x07,
        0x08,
        0x0a,
        0x11,
        0x12,
        0x31,
        0x32,
        0x40,
        0x50,
        0x51,
        0x52,
        0x61,
        0x01,
        0x80,
        0x81,
      ),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 30 }), (list) => expectCanonical(new Uint8Array([1, ...list]))),
      { ...RUNS, numRuns: 10_000 },
    );
  });

  it('readValue reads values one after the other', () => {
    const w = new ByteWriter();
    const values = [freezeValue({ a: [1] }), 'x', null];
    for (const value of values) writeValue(w, value);
    const r = new ByteReader(w.finish());
    expect(values.map(() => readValue(r))).toEqual(values);
    r.expectEnd();
  });
});
