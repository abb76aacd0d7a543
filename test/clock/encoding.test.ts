import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { readClock, readDotSet, writeClock, writeDotSet } from '../../src/clock/encoding.ts';
import { VectorClock } from '../../src/clock/vector-clock.ts';
import { ByteReader, ByteWriter } from '../../src/codec/bytes.ts';
import { CausalError } from '../../src/errors.ts';
import { CLOCK_ENTRIES_MAX, COUNTER_MAX } from '../../src/limits.ts';
import { anyClock, anySet, RUNS } from './literals.ts';

type ClockVector = { readonly entries: [string, number][]; readonly hex: string };
type DotSetVector = { readonly ranges: [string, number, number][]; readonly hex: string };

const INVALID: unknown = expect.objectContaining({ code: 'ENCODING_INVALID', outcome: 'not-done' });

describe('golden bytes', () => {
  it.each(vectors<ClockVector>('clock'))('VectorClock.encode of $entries is $hex for ever', ({ entries, hex }) => {
    const clock = VectorClock.of(entries);
    expect(toHex(clock.encode())).toBe(hex);
    expect(VectorClock.decode(fromHex(hex)).equals(clock)).toBe(true);
  });

  it.each(vectors<DotSetVector>('dot-set'))('DotSet.encode of $ranges is $hex for ever', ({ ranges, hex }) => {
    const set = ranges.reduce((at, [id, from, to]) => at.addRange(id, from, to), DotSet.empty);
    expect(toHex(set.encode())).toBe(hex);
    expect(DotSet.decode(fromHex(hex)).equals(set)).toBe(true);
  });
});

describe('VectorClock.decode', () => {
  it.each([
    ['01', 'no count'],
    ['0100 00', 'a byte too many'],
    ['0101', 'no entry'],
    ['0101 0161', 'no counter'],
    ['0101 0161 00', 'a zero counter'],
    ['0101 00 01', 'an empty id'],
    ['0102 0161 01 0161 02', 'an id twice'],
    ['0102 0162 01 0161 01', 'ids out of order'],
    ['0102 0161 01 00 01', 'an empty id in second place'],
    ['018100 0161 01', 'a count that is not minimal'],
    ['0101 0161 8100', 'a counter that is not minimal'],
    ['0101 810061 01', 'an id length that is not minimal'],
    ['0101 01ff 01', 'an id that is no UTF-8'],
    ['0101 03eda080 01', 'a lone surrogate'],
    ['0101 0161 8080808080808010', 'a counter of 2^53'],
    ['0101 0161 80808080808080808001', 'a counter of 2^63'],
    ['01ffffff7f 0161 01', 'a count beyond the bytes there are'],
    [`0101 8102${'61'.repeat(257)} 01`, 'an id of 257 bytes'],
  ])('VectorClock.decode refuses %s: %s', (hex) => {
    expect(() => VectorClock.decode(fromHex(hex))).toThrow(INVALID);
  });

  it('VectorClock.decode and DotSet.decode name a version they cannot read', () => {
    for (const decode of [VectorClock.decode, DotSet.decode]) {
      expect(() => decode(fromHex('0200'))).toThrow(expect.objectContaining({ code: 'VERSION_UNSUPPORTED' }));
      expect(() => decode(fromHex('0000'))).toThrow(expect.objectContaining({ code: 'VERSION_UNSUPPORTED' }));
      expect(() => decode(fromHex(''))).toThrow(INVALID);
    }
  });
});

describe('DotSet.decode', () => {
  it.each([
    ['01', 'no header'],
    ['0100 00', 'a byte too many'],
    ['0101', 'ranges announced, no id'],
    ['0102 0161 00', 'a zero counter and no ranges'],
    ['0103 0161 01 00', 'ranges announced, none there'],
    ['0103 0161 00 00', 'an id without dots'],
    ['0105 0161 00 00 0162 01 01 00 00', 'an id without dots beside one with ranges'],
    ['0103 0161 01 01 00', 'a range without an end'],
    ['0103 0161 01 02 00 00', 'two ranges announced, one there'],
    ['0103 0161 01 ffffff7f 00 00', 'more ranges than bytes'],
    ['0105 0162 00 01 00 00 0161 00 01 00 00', 'ids out of order'],
    ['0105 0161 00 01 00 00 0161 00 01 00 00', 'an id twice'],
    ['0103 0161 00 01 8000 00', 'a distance that is not minimal'],
    ['0103 0161 00 01 fdffffffffffff0f 01', 'a range that ends at 2^53'],
    ['0103 0161 00 01 fdffffffffffff0f 02', 'a range that ends above 2^53'],
    ['0103 0161 00 01 feffffffffffff0f 00', 'a range that begins at 2^53'],
    ['0103 0161 00 01 ffffffffffffff0f ffffffffffffff0f', 'a range that begins and ends above'],
    ['0103 0161 ffffffffffffff0f 01 00 00', 'a range above the greatest counter'],
    ['0103 0161 00 02 fdffffffffffff0f 00 00 00', 'a second range above the greatest counter'],
  ])('DotSet.decode refuses %s: %s', (hex) => {
    expect(() => DotSet.decode(fromHex(hex))).toThrow(INVALID);
  });
});

describe('the bound of a dot set', () => {
  /** Two ids: so many ranges of the first, and one of the second. */
  function ranges(first: number): Uint8Array {
    const writer = new ByteWriter();
    writer.u8(1);
    writer.varint(5);
    writer.text('a');
    writer.u8(0);
    writer.varint(first);
    for (let i = 0; i < 2 * first; i++) writer.u8(0);
    for (const byte of fromHex('0162 00 01 00 00')) writer.u8(byte);
    return writer.finish();
  }

  it('DotSet.decode counts the ranges of all ids together', () => {
    expect(DotSet.decode(ranges(CLOCK_ENTRIES_MAX - 1)).size).toBe(CLOCK_ENTRIES_MAX);
    expect(() => DotSet.decode(ranges(CLOCK_ENTRIES_MAX))).toThrow('a number over 0');
  });
});

describe('encoding laws', () => {
  it('VectorClock.encode and DotSet.encode round-trip, and equal means equal bytes (L5)', () => {
    fc.assert(
      fc.property(anyClock, anyClock, anySet, anySet, (a, b, c, d) => {
        expect(VectorClock.decode(a.encode()).equals(a)).toBe(true);
        expect(toHex(a.encode()) === toHex(b.encode())).toBe(a.equals(b));
        expect(DotSet.decode(c.encode()).equals(c)).toBe(true);
        expect(toHex(c.encode()) === toHex(d.encode())).toBe(c.equals(d));
      }),
      RUNS,
    );
  });

  it('writeClock and writeDotSet stand one behind the other in a longer message', () => {
    fc.assert(
      fc.property(anyClock, anySet, (clock, set) => {
        const writer = new ByteWriter();
        writeClock(writer, clock);
        writeDotSet(writer, set);
        writeDotSet(writer, DotSet.fromVector(clock));
        const bytes = writer.finish();
        const reader = new ByteReader(bytes);
        expect(readClock(reader).equals(clock)).toBe(true);
        expect(readDotSet(reader).equals(set)).toBe(true);
        expect(readDotSet(reader).vector.equals(clock)).toBe(true);
        reader.expectEnd();
      }),
      RUNS,
    );
  });

  it('VectorClock.decode and DotSet.decode take no bytes that they would not write (L5)', () => {
    let taken = 0;
    const decoders = [VectorClock.decode, DotSet.decode];
    const tryAll = (bytes: Uint8Array): void => {
      for (const decode of decoders) {
        let decoded: VectorClock | DotSet;
        try {
          decoded = decode(bytes);
        } catch (error) {
          if (!(error instanceof CausalError)) throw error;
          continue;
        }
        taken++;
        if (toHex(decoded.encode()) !== toHex(bytes))
          throw new Error(`${toHex(bytes)} became ${toHex(decoded.encode())}`);
      }
    };
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc
        .array(fc.constantFrom(0, 1, 2, 3, 0x61, 0x62, 0x80, 0xff), { maxLength: 14 })
        .map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(anyBytes, (bytes) => tryAll(Uint8Array.of(1, ...bytes))),
      { ...RUNS, numRuns: 3_000 },
    );
    const edits = fc.array(fc.tuple(fc.nat(), fc.constantFrom('set', 'insert', 'remove'), fc.nat(255)), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.oneof(anyClock, anySet), edits, (source, list) => {
        const bytes = [...source.encode()];
        for (const [at, how, byte] of list) {
          const place = at % (bytes.length + 1);
          if (how === 'remove') bytes.splice(place, 1);
          else bytes.splice(place, how === 'set' ? 1 : 0, byte);
        }
        tryAll(Uint8Array.from(bytes));
      }),
      { ...RUNS, numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(150);
  });

  it('DotSet.encode of a set without gaps costs the bytes of its clock', () => {
    const clock = VectorClock.of([
      ['berlin~k3j9x0qp', COUNTER_MAX],
      ['oslo~0a8d2m1z', 7],
    ]);
    expect(DotSet.fromVector(clock).encode().length).toBe(clock.encode().length);
    expect(clock.encode().length).toBe(2 + 1 + 15 + 8 + 1 + 13 + 1);
  });
});

function vectors<T>(format: string): T[] {
  return JSON.parse(readFileSync(new URL(`../vectors/${format}/v1/golden.json`, import.meta.url), 'utf8')) as T[]; // our own file
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
