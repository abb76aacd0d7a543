import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { ByteWriter } from '../../src/codec/bytes.ts';
import { decodePush, encodePush, type Push } from '../../src/repair/push-message.ts';
import { dotSets, vectorClocks } from '../../src/testkit/index.ts';
import { clock, set } from '../clock/literals.ts';
import { hex, refusalOf, SEED, versions } from '../store/replicas.ts';

const parameters = { seed: SEED, numRuns: 300 };
const records: Push['records'] = [
  { key: 'k', versions: versions('x2=red'), residual: DotSet.empty },
  { key: 'key', versions: versions('x1 y1=blue'), residual: set('z1-3 z9') },
  { key: 'l', versions: [], residual: set('z4') },
];

const pushes: fc.Arbitrary<Push> = fc
  .tuple(fc.integer({ min: 1, max: 2 ** 40 }), fc.boolean(), dotSets(), dotSets(), dotSets(), fc.option(vectorClocks()))
  .map(([number, begins, base, added, part, reaped]) => ({
    ...{ number, from: begins ? 0 : number - 1, base: begins || number === 1 ? base : undefined },
    ...{ added, hidden: added.intersect(part), records },
    reaped: reaped ?? (begins || number === 1 ? clock('') : undefined),
  }));

/** Plain data, whatever the classes keep inside. */
function plain(push: Push): unknown {
  return JSON.parse(JSON.stringify(push));
}

function bytesOf(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return writer.finish();
}

describe('decodePush', () => {
  test('decodePush reads what encodePush wrote, and encodes it to the same bytes (L5)', () => {
    const check = fc.property(pushes, (push) => {
      const bytes = encodePush(push);
      const again = decodePush(bytes);
      expect(plain(again)).toEqual(plain(push));
      expect(hex(encodePush(again))).toBe(hex(bytes));
    });
    fc.assert(check, parameters);
  });

  test.each<[what: string, bytes: Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['the number 0', Uint8Array.of(0, 0, 0, 0, 0, 0)],
    ['one that builds on itself', Uint8Array.of(3, 3, 0, 0, 0)],
    ['one that builds on a later one', Uint8Array.of(3, 4, 0, 0, 0)],
    ['unknown flags', Uint8Array.of(3, 2, 4, 0, 0)],
    ['a beginning that does not say what was reaped', Uint8Array.of(1, 0, 0, 0, 0, 0)],
    [
      'hidden dots that it does not add',
      bytesOf((writer) => {
        for (const byte of [3, 2, 1]) writer.u8(byte);
        set('x1').write(writer);
        set('x1-2').write(writer);
        writer.varint(0);
      }),
    ],
    ['one record that is not there', Uint8Array.of(3, 2, 0, 0, 1)],
    ['more records than bytes', Uint8Array.of(3, 2, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f)],
  ])('decodePush refuses %s', async (_, bytes) => {
    expect(await refusalOf(() => decodePush(bytes))).toBe('ENCODING_INVALID');
  });

  test('decodePush refuses a push cut short at any byte, and one with bytes left over', async () => {
    const check = fc.asyncProperty(pushes, async (push) => {
      const bytes = encodePush(push);
      for (let length = 0; length < bytes.length; length += 1)
        expect(await refusalOf(() => decodePush(bytes.subarray(0, length)))).toBe('ENCODING_INVALID');
      expect(await refusalOf(() => decodePush(Uint8Array.of(...bytes, 0)))).toBe('ENCODING_INVALID');
    });
    await fc.assert(check, { ...parameters, numRuns: 40 });
  });

  test('decodePush refuses or reads what is left of a push after a bit of it turned, and nothing else happens', async () => {
    const check = fc.asyncProperty(pushes, fc.nat(), fc.nat({ max: 7 }), async (push, at, bit) => {
      const bytes = encodePush(push);
      const place = at % bytes.length;
      bytes[place] = (bytes[place] ?? 0) ^ (1 << bit);
      expect(['accepted', 'ENCODING_INVALID']).toContain(await refusalOf(() => decodePush(bytes)));
    });
    await fc.assert(check, parameters);
  });
});
