import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { ByteWriter } from '../../src/codec/bytes.ts';
import { freezeValue } from '../../src/codec/value.ts';
import { CausalError } from '../../src/errors.ts';
import { TIME_MAX } from '../../src/limits.ts';
import { RecordReader, RecordWriter } from '../../src/repair/record-stream.ts';
import type { ExchangeRecord } from '../../src/repair/take-in.ts';
import type { Version } from '../../src/store/record.ts';
import { dotSets, dots, flatValues, keys, values } from '../../src/testkit/index.ts';
import { set } from '../clock/literals.ts';
import { refusalOf, SEED, versions } from '../store/replicas.ts';

const times = fc.oneof(fc.nat({ max: 2_000 }), fc.constantFrom(0, 2 ** 51, 2 ** 51 + 1, 2 ** 52, TIME_MAX));
const contents = fc.option(fc.oneof(values(1), flatValues()).map(freezeValue), { nil: undefined });
const held: fc.Arbitrary<Version[]> = fc.array(fc.tuple(dots(), times, contents), { maxLength: 4 }).map((list) => {
  const inOrder = [...DotSet.of(list.map(([dot]) => dot))];
  return inOrder.map(({ id, counter }): Version => {
    const [, time = 0, value] = list.find(([dot]) => dot.id === id && dot.counter === counter) ?? [];
    return { id, counter, time, value };
  });
});
const residuals = fc.oneof(fc.constant(DotSet.empty), dotSets());
const records: fc.Arbitrary<ExchangeRecord> = fc.record({ key: keys(), versions: held, residual: residuals });
const streams = fc.array(records, { maxLength: 12 });

/** The bodies of messages of at most `each` records, all of one stream. */
function bodiesOf(list: readonly ExchangeRecord[], ids: readonly string[] = [], each = list.length): Uint8Array[] {
  const stream = new RecordWriter(ids);
  const bodies: Uint8Array[] = [];
  for (let from = 0; from < list.length; from += each) {
    const writer = new ByteWriter();
    for (const record of list.slice(from, from + each)) stream.write(writer, record);
    bodies.push(writer.finish());
  }
  return bodies;
}

function plain(list: readonly ExchangeRecord[]): unknown {
  return list.map(({ key, versions: all, residual }) => ({ key, versions: all, residual: [...residual.ranges()] }));
}

describe('RecordWriter', () => {
  test('RecordWriter and RecordReader round-trip any records, over one message or many (L5)', () => {
    const ids = fc.uniqueArray(
      dots().map(({ id }) => id),
      { maxLength: 4 },
    );
    const check = fc.property(streams, ids, fc.integer({ min: 1, max: 4 }), (list, known, each) => {
      for (const bodies of [bodiesOf(list, known), bodiesOf(list, known, each)]) {
        const reader = new RecordReader(known);
        expect(plain(bodies.flatMap((body) => reader.readAll(body)))).toEqual(plain(list));
      }
    });
    fc.assert(check, { seed: SEED, numRuns: 400 });
  });

  test('RecordReader reads keys that grow, shrink and share what went before, up to the longest', () => {
    const lengths = [3, 64, 65, 63, 200, 199, 1_024, 1, 1_023, 500];
    const list = lengths.map((length, at): ExchangeRecord => {
      const versions: Version[] = [{ id: 'a~1', counter: at + 1, time: 0, value: 'v' }];
      return { key: 'k'.repeat(length - 1) + at, versions, residual: DotSet.empty };
    });
    const reader = new RecordReader();
    expect(plain(bodiesOf(list, [], 2).flatMap((body) => reader.readAll(body)))).toEqual(plain(list));
  });

  test('RecordWriter spends one or two bytes beside key and value on a settled version among many', () => {
    const list = Array.from({ length: 1_000 }, (_, at): ExchangeRecord => {
      const version = { id: 'berlin~k3vq8w5t', counter: at + 1, time: 1_700_000_000_000 + at, value: null };
      return { key: `key/${String(at).padStart(6, '0')}`, versions: [version], residual: DotSet.empty };
    });
    const [body = new Uint8Array(0)] = bodiesOf(list, ['berlin~k3vq8w5t']);
    const keyBytes = list.reduce((sum, { key }, at) => sum + 1 + key.length - shared(list[at - 1]?.key ?? '', key), 0);
    expect((body.length - keyBytes) / list.length).toBeLessThan(4);
  });

  function shared(last: string, key: string): number {
    let at = 0;
    while (at < key.length && at < last.length && key[at] === last[at]) at += 1;
    return at;
  }

  test('RecordWriter never cuts a key within a surrogate pair, nor a prefix of any length wrongly', () => {
    const list = [
      '\u{1f5ff}',
      '\u{1f5fe}',
      '\u{1f5ff}\u{1f5ff}',
      'a'.repeat(15),
      'a'.repeat(16),
      'a'.repeat(1_024),
      'a',
    ].map((key): ExchangeRecord => ({ key, versions: versions('a1=x'), residual: DotSet.empty }));
    const [body = new Uint8Array(0)] = bodiesOf(list);
    expect(plain(new RecordReader([]).readAll(body))).toEqual(plain(list));
  });
});

describe('RecordReader', () => {
  const whole: ExchangeRecord[] = [
    { key: 'k', versions: versions('a1=x'), residual: DotSet.empty },
    { key: 'key', versions: versions('a2=x b1'), residual: set('c1-3') },
    { key: 'l', versions: versions('b2'), residual: DotSet.empty },
  ];

  test('RecordReader refuses every cut with ENCODING_INVALID, except between records', async () => {
    const [body = new Uint8Array(0)] = bodiesOf(whole);
    const ends = whole.map((_, at) => bodiesOf(whole.slice(0, at + 1))[0]?.length);
    for (let length = 1; length < body.length; length += 1) {
      const expected = ends.includes(length) ? 'accepted' : 'ENCODING_INVALID';
      expect([length, await refusalOf(() => new RecordReader([]).readAll(body.subarray(0, length)))]).toEqual([
        length,
        expected,
      ]);
    }
  });

  test.each<[string, number[]]>([
    ['an empty key', [0, 0, 0, 1, 97, 2, 2, 0x10]],
    ['a key that shares with none', [0x10, 1, 107]],
    ['flags that do not go together', [9, 1, 107]],
    ['an id number out of reach', [0, 1, 107, 1]],
    ['the last id where there is none', [2, 1, 107, 0, 0]],
    ['an empty id', [0, 1, 107, 0, 0]],
    ['the counter 0', [1, 1, 107, 0, 1, 97, 0, 0]],
    ['a negative time', [5, 1, 107, 0, 1, 97, 1]],
    ['more siblings than bytes', [8, 1, 107, 100]],
    ['an unknown head of a version', [8, 1, 107, 1, 8]],
  ])('RecordReader refuses %s with ENCODING_INVALID', async (_, body) => {
    expect(await refusalOf(() => new RecordReader([]).readAll(Uint8Array.from(body)))).toBe('ENCODING_INVALID');
  });

  test.each([['a2=x a1=y'], ['b1=x a1=y'], ['a1=x a1=y'], ['a1 a1']])(
    'RecordReader refuses versions out of dot order: %s',
    async (text) => {
      const [body = new Uint8Array(0)] = bodiesOf([{ key: 'k', versions: versions(text), residual: DotSet.empty }]);
      expect(await refusalOf(() => new RecordReader([]).readAll(body))).toBe('ENCODING_INVALID');
    },
  );

  test('RecordReader of any flipped bit throws a CausalError or gives sound versions', () => {
    const check = fc.property(streams, fc.nat(), (list, bit) => {
      const [body = new Uint8Array(0)] = bodiesOf(list);
      const flipped = Uint8Array.from(body);
      const at = bit % Math.max(1, body.length * 8);
      if (body.length > 0) flipped[at >> 3] = (flipped[at >> 3] ?? 0) ^ (1 << (at & 7));
      try {
        for (const { versions: read } of new RecordReader([]).readAll(flipped)) {
          for (const { id, counter, time } of read) {
            expect([id.length > 0, Number.isSafeInteger(counter) && counter > 0]).toEqual([true, true]);
            expect(Number.isSafeInteger(time) && time >= 0).toBe(true);
          }
        }
      } catch (error) {
        expect(error).toBeInstanceOf(CausalError);
      }
    });
    fc.assert(check, { seed: SEED, numRuns: 1_500 });
  });
});
