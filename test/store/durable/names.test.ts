import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../../../src/codec/bytes.ts';
import { type Names, NameWriter, NO_NAMES, readNames } from '../../../src/store/durable/names.ts';

type Step = readonly [number: number, counter: number, key?: string];

function write(names: NameWriter, steps: readonly Step[]): void {
  for (const [number, counter, key] of steps) {
    if (key === undefined) names.unname(number, counter);
    else names.name(number, counter, key);
  }
}

function read(bytes: Uint8Array): { readonly steps: readonly Step[]; readonly names: Names } {
  const steps: Step[] = [];
  const names = readNames(new ByteReader(bytes), {
    name: (number, counter, key) => steps.push([number, counter, key]),
    unname: (number, counter) => steps.push([number, counter]),
  });
  return { steps, names };
}

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 40 }), fc.constantFrom('a', 'ab', 'abc', 'b', 'é', '🎉', '🎊', '')),
  fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 2 ** 53 - 1 }), fc.string({ unit: 'grapheme', maxLength: 20 })),
  fc.tuple(fc.nat(0xffffffff), fc.integer({ min: 1, max: 2 ** 53 - 1 })),
);

describe('NameWriter', () => {
  test.each<readonly [is: string, steps: readonly Step[], hex: string]>([
    ['one name', [[0, 1, 'k']], '0000010201' + '6b'],
    [
      'the next dot of a key that begins as the one before',
      [
        [0, 1, 'row/1'],
        [0, 2, 'row/20'],
      ],
      '0000010205' + '726f772f31' + '0602' + '3230',
    ],
    [
      'a dot that is not the next',
      [
        [0, 1, 'k'],
        [3, 300, 'k'],
      ],
      '00000102016b' + '0003ac02' + '0300',
    ],
    [
      'the end of a name, after which the next dot is the same',
      [
        [0, 1, 'a'],
        [2, 7],
        [0, 2, 'b'],
      ],
      '000001020161' + '010207' + '020162',
    ],
    [
      'a key that has half a letter with the one before in common',
      [
        [0, 1, '🎉'],
        [0, 2, '🎊'],
      ],
      '0000010204' + 'f09f8e89' + '0204' + 'f09f8e8a',
    ],
  ])('writes %s in golden bytes', (_is, steps, hex) => {
    const names = new NameWriter();
    names.begin(NO_NAMES);
    write(names, steps);
    expect(Buffer.from(names.finish().bytes).toString('hex')).toBe(hex);
  });

  test('writes what readNames reads, also when it goes on where another ended', () => {
    fc.assert(
      fc.property(fc.array(anyStep), fc.array(anyStep), (first, second) => {
        const names = new NameWriter();
        names.begin(NO_NAMES);
        write(names, first);
        const before = names.finish();
        expect(read(before.bytes).names).toEqual(before);
        const other = new NameWriter();
        other.begin(read(before.bytes).names);
        write(other, second);
        expect(read(other.finish().bytes).steps).toEqual([...first, ...second]);
      }),
    );
  });

  test('leaves what it gave as it was, whatever is drawn behind it and given up', () => {
    const names = new NameWriter();
    names.begin(NO_NAMES);
    write(names, [[0, 1, 'kept']]);
    const kept = names.finish();
    const bytes = kept.bytes.slice();
    for (const key of ['lost', 'x'.repeat(1_000)]) {
      names.begin(kept);
      write(names, [[0, 2, key]]);
      names.cut(new ByteWriter());
      write(names, [[0, 3, 'after the cut']]);
      expect(kept.bytes).toEqual(bytes);
    }
    names.begin(kept);
    write(names, [[0, 2, 'keen']]);
    expect(read(names.finish().bytes).steps).toEqual([
      [0, 1, 'kept'],
      [0, 2, 'keen'],
    ]);
  });
});

describe('readNames', () => {
  test.each([
    ['a name that begins as more of the key before than there is', '0000010301' + '6b'],
    ['a key that ends too early', '0000010203' + '6b'],
    ['a key that is no text', '0000010201' + 'ff'],
  ])('refuses %s', (_is, hex) => {
    expect(() => read(Uint8Array.from(Buffer.from(hex, 'hex')))).toThrow(
      expect.objectContaining({ code: 'ENCODING_INVALID' }),
    );
  });
});
