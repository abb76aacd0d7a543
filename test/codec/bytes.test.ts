import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyBytes, equalBytes, varintLength } from '../../src/codec/byte-arrays.ts';
import { ByteReader, ByteWriter } from '../../src/codec/bytes.ts';
import {
  bytesSince,
  hasRead,
  readBytes,
  readDouble,
  readRaw,
  readZigzag,
  skipBytes,
  writeBytes,
  writeDouble,
  writeZigzag,
} from '../../src/codec/parts.ts';
import { expectRefused, fromHex, HOSTILE_TEXTS, hex, LONE_SURROGATES, NUMBERS, RUNS, refusal } from './literals.ts';

function written(write: (w: ByteWriter) => void): string {
  const w = new ByteWriter(1);
  write(w);
  expect(w.length).toBe(w.finish().length);
  return hex(w.finish());
}

const SAFE_MAX = Number.MAX_SAFE_INTEGER;

describe('ByteWriter', () => {
  it.each([
    [0, '00'],
    [1, '01'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [16_383, 'ff7f'],
    [16_384, '808001'],
    [2 ** 28 - 1, 'ffffff7f'],
    [2 ** 28, '8080808001'],
    [2 ** 31, '8080808008'],
    [2 ** 32 + 5, '8580808010'],
    [2 ** 49 - 1, 'ffffffffffff7f'],
    [2 ** 49, '8080808080808001'],
    [SAFE_MAX, 'ffffffffffffff0f'],
  ])('ByteWriter.varint writes %d as %s', (n, bytes) => {
    expect(written((w) => w.varint(n))).toBe(bytes);
    expect(new ByteReader(fromHex(bytes)).varint()).toBe(n);
    expect(varintLength(n)).toBe(bytes.length / 2);
  });

  it.each([
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [-64, '7f'],
    [64, '8001'],
    [2 ** 52 - 1, 'feffffffffffff0f'],
    [-(2 ** 52), 'ffffffffffffff0f'],
  ])('writeZigzag writes %d as %s', (n, bytes) => {
    expect(written((w) => writeZigzag(w, n))).toBe(bytes);
    expect(readZigzag(new ByteReader(fromHex(bytes)))).toBe(n);
  });

  it('ByteWriter.varint and writeZigzag refuse numbers out of range', () => {
    for (const n of [-1, SAFE_MAX + 1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => new ByteWriter().varint(n)).toThrow(RangeError);
    for (const n of [2 ** 52, -(2 ** 52) - 1, Number.NaN])
      expect(() => writeZigzag(new ByteWriter(), n)).toThrow(RangeError);
  });

  it('ByteWriter and its parts write doubles, bytes and text', () => {
    expect(written((w) => writeDouble(w, 1.5))).toBe('000000000000f83f');
    expect(written((w) => writeBytes(w, new Uint8Array([1, 2])))).toBe('020102');
    expect(written((w) => w.raw(new Uint8Array([1, 2])))).toBe('0102');
    expect(written((w) => w.text('aé'))).toBe('0361c3a9');
    expect(written((w) => w.text(''))).toBe('00');
    for (const text of LONE_SURROGATES) expect(() => new ByteWriter().text(text)).toThrow(TypeError);
  });

  it('ByteWriter.reset starts over and finish hands out memory of its own', () => {
    const w = new ByteWriter();
    w.u8(1);
    const first = w.finish();
    w.reset();
    expect(w.length).toBe(0);
    w.u8(2);
    expect([...first, ...w.finish()]).toEqual([1, 2]);
    expect(first.buffer.byteLength).toBe(1);
  });

  it('ByteWriter grows for anything, whatever its capacity', () => {
    for (const size of [0, 1, 31, 32, 33, 100, 5000]) {
      const w = new ByteWriter(0);
      const bytes = new Uint8Array(size).fill(7);
      w.raw(bytes);
      w.text('x'.repeat(size));
      w.varint(SAFE_MAX);
      writeDouble(w, Math.PI);
      const r = new ByteReader(w.finish());
      expect([readRaw(r, size), r.text(size), r.varint(), readDouble(r)]).toEqual([
        bytes,
        'x'.repeat(size),
        SAFE_MAX,
        Math.PI,
      ]);
      r.expectEnd();
    }
  });
});

describe('equalBytes', () => {
  it.each([
    ['', '', true],
    ['01', '01', true],
    ['0102', '0102', true],
    ['', '01', false],
    ['01', '02', false],
    ['0102', '0103', false],
    ['0102', '0302', false],
    ['01', '0102', false],
    ['0102', '01', false],
  ])('equalBytes of %j and %j is %s', (a, b, equal) => {
    expect(equalBytes(fromHex(a), fromHex(b))).toBe(equal);
  });
});

describe('copyBytes', () => {
  it('copyBytes copies all, from a place on, or a part', () => {
    const bytes = fromHex('01020304');
    expect([copyBytes(bytes), copyBytes(bytes, 2), copyBytes(bytes, 1, 3)].map(hex)).toEqual([
      '01020304',
      '0304',
      '0203',
    ]);
  });
});

describe('ByteReader', () => {
  it.each([
    '',
    '80',
    '8000',
    '808000',
    'ffffffffffffff10',
    'ffffffffffffff7f',
    'ffffffffffffffff01',
    '808080808080808001',
    'ffffffff',
    `${'80'.repeat(200)}01`,
  ])('ByteReader.varint refuses %j', (bytes) => {
    expectRefused(() => new ByteReader(fromHex(bytes)).varint());
    expectRefused(() => readZigzag(new ByteReader(fromHex(bytes))));
  });

  it('ByteReader refuses what is over a limit, short, or left over', () => {
    expectRefused(() => new ByteReader(fromHex('05')).varint(4));
    expect(new ByteReader(fromHex('05')).varint(5)).toBe(5);
    expectRefused(() => new ByteReader(fromHex('')).u8());
    expectRefused(() => readDouble(new ByteReader(fromHex('01020304050607'))));
    expectRefused(() => readDouble(new ByteReader(fromHex('000000000000f87f'))));
    expectRefused(() => readRaw(new ByteReader(fromHex('0102')), 3));
    expectRefused(() => readBytes(new ByteReader(fromHex('ffffffffffffff0f01')), SAFE_MAX));
    expectRefused(() => readBytes(new ByteReader(fromHex('0301')), 9));
    expectRefused(() => new ByteReader(fromHex('03616263')).text(2));
    expectRefused(() => new ByteReader(fromHex('036162')).text(9));
    expectRefused(() => new ByteReader(fromHex('01')).expectEnd());
  });

  it('ByteReader reads a part only, and tells where it is', () => {
    const r = new ByteReader(fromHex('0102030405'), 1, 3);
    expect([r.offset, r.remaining, r.u8(), r.u8(), r.offset, r.remaining]).toEqual([1, 2, 2, 3, 3, 0]);
    r.expectEnd();
    expectRefused(() => r.u8());
  });

  it('readRaw hands out memory of its own, a plain Uint8Array even from a Buffer', () => {
    const source = Buffer.from([1, 2, 3]);
    const copy = readRaw(new ByteReader(source), 3);
    source[0] = 9;
    expect(copy).toEqual(new Uint8Array([1, 2, 3]));
    expect(Object.getPrototypeOf(copy)).toBe(Uint8Array.prototype);
    expect(Object.getPrototypeOf(copyBytes(source))).toBe(Uint8Array.prototype);
  });

  it('ByteReader reads back whatever a ByteWriter wrote', () => {
    const ways = {
      varint: { write: (w: ByteWriter, n: number) => w.varint(n), read: (r: ByteReader) => r.varint() },
      zigzag: { write: writeZigzag, read: readZigzag },
      f64: { write: writeDouble, read: readDouble },
      bytes: { write: writeBytes, read: (r: ByteReader) => readBytes(r, 1000) },
      text: { write: (w: ByteWriter, text: string) => w.text(text), read: (r: ByteReader) => r.text(1000) },
    };
    const part = fc.oneof(
      fc.record({ kind: fc.constant('varint' as const), value: fc.maxSafeNat() }),
      fc.record({ kind: fc.constant('zigzag' as const), value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) }),
      fc.record({
        kind: fc.constant('f64' as const),
        value: fc.oneof(fc.constantFrom(...NUMBERS), fc.double({ noNaN: true, noDefaultInfinity: true })),
      }),
      fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 80 }) }),
      fc.record({
        kind: fc.constant('text' as const),
        value: fc.oneof(fc.constantFrom(...HOSTILE_TEXTS), fc.string({ unit: 'binary', maxLength: 80 })),
      }),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const w = new ByteWriter();
        for (const { kind, value } of parts) (ways[kind].write as (w: ByteWriter, value: unknown) => void)(w, value);
        const r = new ByteReader(w.finish());
        for (const { kind, value } of parts) expect(ways[kind].read(r)).toEqual(value);
        r.expectEnd();
      }),
      RUNS,
    );
  });

  it('ByteReader.varint takes any bytes it writes back unchanged, or refuses them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 10 }), (bytes) => {
        let n = -1;
        const r = new ByteReader(bytes);
        if (refusal(() => (n = r.varint())) === '')
          expect(written((w) => w.varint(n))).toBe(hex(bytes.subarray(0, r.offset)));
      }),
      RUNS,
    );
  });

  it('bytesSince, hasRead and skipBytes compare what was read and what comes next', () => {
    const r = new ByteReader(fromHex('0102030405'));
    const w = new ByteWriter();
    w.u8(1);
    expect([skipBytes(r, fromHex('02')), skipBytes(r, fromHex('010203040506')), r.offset]).toEqual([false, false, 0]);
    expect([skipBytes(r, fromHex('01')), r.offset, hasRead(r, 0, w)]).toEqual([true, 1, true]);
    expect([r.u8(), hasRead(r, 0, w), hasRead(r, 1, w), hex(bytesSince(r, 0))]).toEqual([2, false, false, '0102']);
    expect(hex(w.view())).toBe('01');
    const part = new ByteReader(fromHex('010203'), 0, 2);
    expect([skipBytes(part, fromHex('010203')), part.offset]).toEqual([false, 0]);
    expect([skipBytes(part, fromHex('0102')), part.offset]).toEqual([true, 2]);
    expect([skipBytes(part, fromHex('')), skipBytes(part, fromHex('03')), part.offset]).toEqual([true, false, 2]);
  });
});
