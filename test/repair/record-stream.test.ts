import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { VectorClock } from '../../src/clock/vector-clock.ts';
import { ByteWriter } from '../../src/codec/bytes.ts';
import { writeZigzag } from '../../src/codec/parts.ts';
import { freezeValue } from '../../src/codec/value.ts';
import { CausalError } from '../../src/errors.ts';
import { COUNTER_MAX, RECORDS_MESSAGE_BYTES, TIME_MAX } from '../../src/limits.ts';
import { type Clocks, FrameReader, type Message, PROTOCOL_VERSION } from '../../src/repair/messages.ts';
import { RecordReader, RecordWriter, recordFrames } from '../../src/repair/record-stream.ts';
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
      '\u{1f5ff}a',
      '\u{1f5ff}b',
      '\u{10000}',
      '\u{10001}',
      '\u{10000}a',
      '\u{10000}b',
      'a'.repeat(15),
      'a'.repeat(16),
      'a'.repeat(1_024),
      'a',
    ].map((key): ExchangeRecord => ({ key, versions: versions('a1=x'), residual: DotSet.empty }));
    const [body = new Uint8Array(0)] = bodiesOf(list);
    expect(plain(new RecordReader([]).readAll(body))).toEqual(plain(list));
  });
});

describe('recordFrames', () => {
  const list = Array.from({ length: 60 }, (_, at): ExchangeRecord => {
    const version = { id: 'a~1', counter: at + 1, time: 5, value: 'v'.repeat(at % 7) };
    return { key: `key ${at}`, versions: [version], residual: DotSet.empty };
  });
  const moved: Clocks = { seen: set('x1-2'), reaped: VectorClock.empty };

  function read(frames: Iterable<Uint8Array>): (Message & { kind: 'records' })[] {
    const reader = new FrameReader(1 << 20);
    const messages = [...frames].flatMap((frame) => reader.read(frame) ?? []);
    return messages.map((message) => {
      if (message.kind !== 'records') throw new Error(message.kind);
      return message;
    });
  }

  test.each([64, 100, 1 << 20])('recordFrames of %i bytes fill a message up to a frame, and mark the last', (max) => {
    const messages = read(recordFrames(list, undefined, ['a~1'], max, PROTOCOL_VERSION));
    const reader = new RecordReader(['a~1']);
    expect(plain(messages.flatMap(({ body }) => reader.readAll(body)))).toEqual(plain(list));
    const sizes = [0];
    const [writer, stream] = [new ByteWriter(), new RecordWriter(['a~1'])];
    for (const [at, record] of list.entries()) {
      stream.write(writer, record);
      sizes.push(writer.length);
      if (writer.length < max - 3 || at === list.length - 1) continue;
      sizes.push(0);
      writer.reset();
    }
    const expected = sizes.filter((_, at) => at === sizes.length - 1 || sizes[at + 1] === 0);
    expect(messages.map(({ body }) => body.length)).toEqual(expected);
    expect(messages.map(({ isLast }) => isLast)).toEqual(expected.map((_, at) => at === expected.length - 1));
    expect(messages.length > 1).toBe(max < 1 << 20);
  });

  test('recordFrames cut what is longer than a message may be, whatever the frames', () => {
    const large = list.map((record, at): ExchangeRecord => {
      const version = { id: 'a~1', counter: at + 1, time: 5, value: `${at}`.repeat(RECORDS_MESSAGE_BYTES / 8) };
      return { ...record, versions: [version] };
    });
    const messages = read(recordFrames(large, undefined, [], 1 << 24, PROTOCOL_VERSION));
    expect(messages.length).toBeGreaterThan(10);
    for (const { body } of messages.slice(0, -1)) expect(body.length).toBeGreaterThanOrEqual(RECORDS_MESSAGE_BYTES);
  });

  test('recordFrames end a message with the record that fills it, and add none behind the last', () => {
    const recordOfBytes = (bytes: number): ExchangeRecord => {
      for (let length = 0; length <= bytes; length += 1) {
        const version = { id: 'a~1', counter: 1, time: 5, value: 'v'.repeat(length) };
        const record = { key: 'k', versions: [version], residual: DotSet.empty };
        if (bodiesOf([record], ['a~1'])[0]?.length === bytes) return record;
      }
      return expect.fail(`no record of ${bytes} bytes`);
    };
    for (const [bytes, messages] of [
      [60, 1],
      [61, 2],
      [62, 2],
      [200, 2],
    ] as const) {
      const [full, next] = [recordOfBytes(bytes), { ...recordOfBytes(12), key: 'l' }];
      expect([bytes, read(recordFrames([full, next], undefined, ['a~1'], 64, PROTOCOL_VERSION)).length]).toEqual([
        bytes,
        messages,
      ]);
      expect([bytes, read(recordFrames([full], undefined, ['a~1'], 64, PROTOCOL_VERSION)).length]).toEqual([bytes, 1]);
    }
  });

  test('recordFrames put the clocks into the first message, and none is empty but where there is nothing to send', () => {
    for (const clocks of [undefined, moved]) {
      const messages = read(recordFrames(list, clocks, [], 64, PROTOCOL_VERSION));
      expect(messages.map((message) => message.clocks?.seen.equals(moved.seen))).toEqual(
        messages.map((_, at) => (at === 0 && clocks !== undefined ? true : undefined)),
      );
      expect(messages.every(({ body }) => body.length > 0)).toBe(true);
      const [only, ...others] = read(recordFrames([], clocks, [], 64, PROTOCOL_VERSION));
      expect([only?.isLast, only?.body.length, only?.clocks !== undefined, others.length]).toEqual([
        true,
        0,
        clocks !== undefined,
        0,
      ]);
    }
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

  const head = { tombstone: 1, sameId: 2, nextCounter: 4, general: 8 } as const;
  test.each<[what: string, body: readonly number[], ids?: readonly string[]]>([
    ['the last id where there is none', [head.tombstone | head.sameId | head.nextCounter, 1, 107, 0]],
    ['the last id where there is none yet', [head.tombstone | head.sameId | head.nextCounter, 1, 107, 0], ['a', 'b']],
    ['a key that shares with none', [0x10 | head.tombstone | head.nextCounter, 1, 107, 0, 1, 97, 0]],
    ['an empty id', [head.tombstone | head.nextCounter, 1, 107, 0, 0, 0]],
    ['an id that is known', [head.tombstone | head.nextCounter, 1, 107, 1, 1, 97, 0], ['a']],
    ['a general head with other flags', [head.general | head.tombstone, 1, 107, 0, 0]],
    ['a version with a general head', [head.general, 1, 107, 1, head.general, 0, 1, 97, 4, 0, 0x10, 0]],
  ])('RecordReader refuses %s, although nothing else is wrong', async (_, body, ids = []) => {
    expect(await refusalOf(() => new RecordReader(ids).readAll(Uint8Array.from(body)))).toBe('ENCODING_INVALID');
  });

  test.each<[what: string, body: readonly number[], ids: readonly string[]]>([
    ['a tombstone by an id that is known', [head.tombstone | head.nextCounter, 1, 107, 0, 0], ['a']],
    ['a tombstone by a new id', [head.tombstone | head.nextCounter, 1, 107, 0, 1, 97, 0], []],
    ['no version and no residual', [head.general, 1, 107, 0, 0], []],
    ['one version with a head of its own', [head.general, 1, 107, 1, 0, 0, 1, 97, 4, 0, 0x10, 0], []],
  ])('RecordReader reads %s', (_, body, ids) => {
    expect(new RecordReader(ids).readAll(Uint8Array.from(body)).map(({ key }) => key)).toEqual(['k']);
  });

  test('RecordWriter writes a new id with its first counter in these bytes', () => {
    const [body = new Uint8Array(0)] = bodiesOf([{ key: 'k', versions: versions('a1=x'), residual: DotSet.empty }]);
    expect([...body]).toEqual([head.nextCounter, 1, 107, 0, 1, 97, 10, 0x11, 120]);
  });

  test('RecordReader takes the greatest counter and time there are, and none beyond', async () => {
    const last: Version = { id: 'a', counter: COUNTER_MAX, time: TIME_MAX, value: undefined };
    const record: ExchangeRecord = { key: 'k', versions: [last], residual: DotSet.empty };
    const [body = new Uint8Array(0)] = bodiesOf([record]);
    expect(plain(new RecordReader().readAll(body))).toEqual(plain([record]));
    const more = [...body, head.tombstone | head.sameId | head.nextCounter, 1, 108, 0];
    expect(await refusalOf(() => new RecordReader().readAll(Uint8Array.from(more)))).toBe('ENCODING_INVALID');
    const writer = new ByteWriter();
    writer.raw(Uint8Array.of(head.tombstone | head.nextCounter, 1, 107, 0, 1, 97));
    writeZigzag(writer, 2 ** 51 + 1);
    writer.varint(TIME_MAX + 1);
    expect(await refusalOf(() => new RecordReader().readAll(writer.finish()))).toBe('ENCODING_INVALID');
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
