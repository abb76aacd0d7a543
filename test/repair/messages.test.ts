import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VectorClock } from '../../src/clock/vector-clock.ts';
import type { Hash64 } from '../../src/codec/hash.ts';
import { CausalError } from '../../src/errors.ts';
import { MESSAGE_BYTES_MAX } from '../../src/limits.ts';
import {
  type Clocks,
  encodeFrames,
  FrameReader,
  type Hello,
  type Message,
  sameHash,
} from '../../src/repair/messages.ts';
import { dotSets, replicaIds } from '../../src/testkit/index.ts';
import { set } from '../clock/literals.ts';
import { refusalOf, SEED } from '../store/replicas.ts';
import { frameOf } from './pair.ts';

const parameters = { seed: SEED, numRuns: 300 };
const lane = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const hashes: fc.Arbitrary<Hash64> = fc.record({ hi: lane, lo: lane });
/** What was reaped has been seen: the highest dot of some of the ids. */
const clocks: fc.Arbitrary<Clocks> = fc.tuple(dotSets(), fc.uint8Array({ maxLength: 8 })).map(([seen, picks]) => {
  const highest = new Map([...seen.ranges()].map(([id, , to]) => [id, to]));
  return { seen, reaped: VectorClock.of([...highest].filter((_, at) => (picks[at] ?? 0) % 2 === 1)) };
});
const lives = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 0xffffffff }));
const mets = fc.record({ id: replicaIds(), life: fc.integer({ min: 1, max: 0xffffffff }), counter: fc.maxSafeNat() });
const bodies = fc.uint8Array({ maxLength: 300 });
const messages: fc.Arbitrary<Message> = fc.oneof(
  fc
    .tuple(
      fc.tuple(replicaIds(), fc.boolean(), fc.boolean(), fc.boolean()),
      fc.tuple(lives, fc.option(mets)),
      hashes,
      fc.tuple(hashes, lane),
      fc.option(clocks, { nil: undefined }),
    )
    .map(([[id, takesOnly, isReply, isDamaged], [life, met], liveHash, [hash, marks], known]): Message => {
      const seenHash = known === undefined ? hash : undefined;
      const live = known === undefined ? liveHash : { hi: 0, lo: liveHash.lo };
      return {
        kind: 'hello',
        id,
        takesOnly,
        isReply,
        isDamaged,
        life,
        met: met ?? undefined,
        live,
        marks,
        seenHash,
        clocks: known,
      };
    }),
  replicaIds().map((id): Message => ({ kind: 'equal', id })),
  fc.record({ kind: fc.constant('clocks' as const), clocks, isReply: fc.boolean() }),
  fc.record({
    kind: fc.constant('records' as const),
    isLast: fc.boolean(),
    clocks: fc.option(clocks, { nil: undefined }),
    body: bodies,
  }),
  fc.record({ kind: fc.constant('ranges' as const), body: bodies }),
  fc.record({ kind: fc.constant('commit' as const), isIntact: fc.boolean() }),
  fc.record({ kind: fc.constant('refuse' as const), versionMax: fc.nat({ max: 255 }) }),
);

function readAll(frames: Iterable<Uint8Array>, frameBytesMax = 1 << 20): Message[] {
  const reader = new FrameReader(frameBytesMax);
  return [...frames].flatMap((frame) => reader.read(frame) ?? []);
}

/** Clocks as plain data, so that two messages compare whatever their classes keep inside. */
function plain(message: Message): unknown {
  const bytes = 'body' in message ? [...message.body] : undefined;
  return JSON.parse(JSON.stringify({ ...message, body: bytes }));
}

describe('encodeFrames', () => {
  test('encodeFrames and FrameReader round-trip every message through frames of any size (L5)', () => {
    const sizes = fc.oneof(fc.constantFrom(3, 64, 65, 1 << 20), fc.integer({ min: 3, max: 400 }));
    const check = fc.property(fc.array(messages, { maxLength: 4 }), sizes, (list, size) => {
      const frames = list.flatMap((message) => encodeFrames(message, size));
      expect(frames.every(({ length }) => length <= size)).toBe(true);
      expect(readAll(frames, size).map(plain)).toEqual(list.map(plain));
    });
    fc.assert(check, parameters);
  });

  test('encodeFrames of a message without a body is one frame', () => {
    expect(encodeFrames({ kind: 'ranges', body: new Uint8Array(0) }, 64)).toEqual([Uint8Array.of(2, 4)]);
    expect(encodeFrames({ kind: 'commit', isIntact: true }, 64)).toEqual([Uint8Array.of(2, 5, 1)]);
    expect(encodeFrames({ kind: 'ranges', body: new Uint8Array(124) }, 64).map(({ length }) => length)).toEqual([
      64, 64,
    ]);
  });
});

describe('encodeFrames of clocks', () => {
  test('encodeFrames refuses to say that a replica was reaped which was never seen', () => {
    const clocks = (reaped: VectorClock): Message => ({
      kind: 'clocks',
      isReply: false,
      clocks: { seen: set('b1 c1'), reaped },
    });
    for (const id of ['a', 'd', 'bb'])
      expect(() => encodeFrames(clocks(VectorClock.of([[id, 1]])), 64)).toThrow(`"${id}" was reaped but never seen`);
  });
});

describe('sameHash', () => {
  test.each<[Hash64 | undefined, Hash64, boolean]>([
    [{ hi: 1, lo: 2 }, { hi: 1, lo: 2 }, true],
    [{ hi: 1, lo: 2 }, { hi: 1, lo: 3 }, false],
    [{ hi: 1, lo: 2 }, { hi: 3, lo: 2 }, false],
    [{ hi: 1, lo: 2 }, { hi: 2, lo: 1 }, false],
    [undefined, { hi: 0, lo: 0 }, false],
  ])('sameHash of %j and %j is %s', (left, right, same) => {
    expect(sameHash(left, right)).toBe(same);
  });
});

describe('FrameReader', () => {
  const clocksFrame = frameOf({
    kind: 'clocks',
    isReply: false,
    clocks: { seen: set('a1-3 b1'), reaped: VectorClock.empty },
  });
  const bytes = (...list: number[]): Uint8Array => Uint8Array.of(...list);
  test.each<[string, string, Uint8Array[]]>([
    ['ENCODING_INVALID', 'no bytes', [bytes()]],
    ['ENCODING_INVALID', 'half a head', [bytes(1)]],
    ['VERSION_UNSUPPORTED', 'another version', [bytes(2, 5, 1)]],
    ['VERSION_UNSUPPORTED', 'version 0', [bytes(0, 5, 1)]],
    ['ENCODING_INVALID', 'an unknown kind', [bytes(1, 7)]],
    ['ENCODING_INVALID', 'the last kind there could be', [bytes(1, 0x7f)]],
    ['ENCODING_INVALID', 'a message within another', [bytes(1, 0x84, 1), bytes(1, 5, 1)]],
    ['ENCODING_INVALID', 'a message of bytes within another', [bytes(1, 0x85, 1), bytes(1, 4, 9)]],
    ['ENCODING_INVALID', 'more after the end', [bytes(1, 5, 1, 0)]],
    ['ENCODING_INVALID', 'a commit without its byte', [bytes(1, 5)]],
    ['ENCODING_INVALID', 'unknown flags of a commit', [bytes(1, 5, 2)]],
    ['ENCODING_INVALID', 'unknown flags of a hello', [bytes(1, 0, 64, 0, 1, 0x79, ...new Uint8Array(16))]],
    ['ENCODING_INVALID', 'unknown flags of records', [bytes(1, 3, 4)]],
    ['ENCODING_INVALID', 'unknown flags of clocks', [bytes(1, 2, 2)]],
    ['ENCODING_INVALID', 'an equal without an id', [bytes(1, 1, 0)]],
    ['ENCODING_INVALID', 'an id that is no UTF-8', [bytes(1, 1, 1, 0xff)]],
    ['ENCODING_INVALID', 'an id of over 256 bytes', [bytes(1, 1, 0x81, 2, ...new Uint8Array(257).fill(97))]],
    ['ENCODING_INVALID', 'a frame over the limit', [new Uint8Array(1_025)]],
    ['ENCODING_INVALID', 'a length beyond the end', [Uint8Array.of(1, ...clocksFrame.subarray(1, -1))]],
  ])('FrameReader refuses with %s %s', async (code, _, frames) => {
    const reader = new FrameReader(1_024, 1);
    expect(await refusalOf(() => frames.map((frame) => reader.read(frame)))).toBe(code);
  });

  test('FrameReader says that a frame is shorter than its head, and which version it cannot read', () => {
    for (const frame of [bytes(), bytes(1)]) expect(() => readAll([frame])).toThrow('a frame is shorter than its head');
    for (const [frame, isRefusal] of [
      [bytes(2, 6, 1), true],
      [bytes(1, 5, 1), false],
      [bytes(3, 5, 1), false],
      [bytes(3, 0x86, 1), false],
    ] as const)
      expect(() => readAll([frame])).toThrow(expect.objectContaining({ details: { version: frame[0], isRefusal } }));
  });

  test('FrameReader takes frames of one message up to MESSAGE_BYTES_MAX and no more', () => {
    const chunk = new Uint8Array(2 + MESSAGE_BYTES_MAX / 4); // four times the same one, and nothing is put together
    chunk.set([2, 0x84]);
    const reader = new FrameReader(chunk.length);
    for (let at = 0; at < 4; at += 1) expect(reader.read(chunk)).toBeUndefined();
    expect(() => reader.read(bytes(2, 0x84, 0))).toThrow(`a message has over ${MESSAGE_BYTES_MAX} bytes`);
  });

  const hello: Hello = {
    kind: 'hello',
    id: 'y',
    takesOnly: false,
    isReply: false,
    isDamaged: false,
    life: 0x01020304,
    met: { id: 'x', life: 0x0a0b0c0d, counter: 300 },
    live: { hi: 0, lo: 7 },
    marks: 0xf1e2d3c4,
    seenHash: undefined,
    clocks: { seen: set('x1-2'), reaped: VectorClock.empty },
  };

  test('FrameReader reads a hello with and without clocks that names whom it met', () => {
    const bare: Hello = { ...hello, clocks: undefined, seenHash: { hi: 1, lo: 2 }, live: { hi: 3, lo: 4 } };
    for (const message of [hello, bare]) {
      expect(readAll([frameOf(message)]).map(plain)).toEqual([plain(message)]);
      const former = new FrameReader(1 << 20, 1);
      const told = encodeFrames(message, 1 << 20, 1).flatMap((frame) => former.read(frame) ?? []);
      const { id, life } = hello.met ?? expect.fail('it met nobody');
      expect(told.map(plain)).toEqual([plain({ ...message, met: { id, life, counter: 0 }, marks: undefined })]);
    }
  });

  test('FrameReader refuses an id that is spelt out where its place would do, and a life of 0', async () => {
    const frame = frameOf(hello);
    const forged = (from: number[], to: number[]): Uint8Array => {
      const at = frame.findIndex((_, start) => from.every((byte, offset) => frame[start + offset] === byte));
      expect(at).toBeGreaterThan(0);
      const changed = Uint8Array.from(frame);
      changed.set(to, at);
      return changed;
    };
    for (const changed of [
      forged([0, 1, 0x79], [0, 1, 0x78]),
      forged([1, 2, 3, 4], [0, 0, 0, 0]),
      forged([10, 11, 12, 13], [0, 0, 0, 0]),
    ])
      expect(await refusalOf(() => readAll([changed]))).toBe('ENCODING_INVALID');
  });

  test('FrameReader refuses what was reaped but never seen', async () => {
    const seen = set('a1-3');
    const frame = frameOf({ kind: 'clocks', isReply: false, clocks: { seen, reaped: VectorClock.of([['a', 3]]) } });
    for (const [at, value] of [
      [frame.length - 1, 0],
      [frame.length - 2, 1],
    ] as const) {
      const forged = Uint8Array.from(frame);
      forged[at] = value;
      expect(await refusalOf(() => readAll([forged]))).toBe('ENCODING_INVALID');
    }
  });

  test('FrameReader of any flipped bit, cut or random bytes throws a CausalError or gives a message', () => {
    const safely = (frames: readonly Uint8Array[]): void => {
      try {
        readAll(frames, 4_096);
      } catch (error) {
        expect(error).toBeInstanceOf(CausalError);
      }
    };
    const check = fc.property(
      messages,
      fc.nat(),
      fc.nat(),
      fc.uint8Array({ maxLength: 40 }),
      (message, bit, cut, noise) => {
        const [frame = new Uint8Array(0)] = encodeFrames(message, 1 << 20);
        const flipped = Uint8Array.from(frame);
        const at = bit % (frame.length * 8);
        flipped[at >> 3] = (flipped[at >> 3] ?? 0) ^ (1 << (at & 7));
        safely([flipped]);
        safely([frame.subarray(0, cut % frame.length)]);
        safely([Uint8Array.of(1, (noise[0] ?? 0) % 7, ...noise)]);
      },
    );
    fc.assert(check, { ...parameters, numRuns: 1_500 });
  });
});
