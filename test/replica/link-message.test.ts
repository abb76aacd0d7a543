import { describe, expect, test } from 'vitest';
import { CausalError } from '../../src/errors.ts';
import { EARLY_FRAMES_MAX, HELLO_BYTES_MAX } from '../../src/limits.ts';
import { Random } from '../../src/random.ts';
import { type LinkMessage, LinkReader, linkFrames } from '../../src/replica/link-message.ts';

const bytes = Uint8Array.of(1, 2, 3, 250);
const MESSAGES: readonly LinkMessage[] = [
  { kind: 'hello', versionMin: 1, versionMax: 3, frameBytesMax: 2 ** 24, id: 'a~1', keyspace: '', token: undefined },
  { kind: 'hello', versionMin: 1, versionMax: 1, frameBytesMax: 128, id: '__proto__', keyspace: 'é', token: 'secret' },
  { kind: 'refuse', versionMin: 2, versionMax: 9, code: 'FORBIDDEN', why: 'no' },
  { kind: 'exchange', number: 7, isMine: true, frame: bytes },
  { kind: 'exchange', number: 2 ** 40, isMine: false, frame: bytes },
  { kind: 'stop', number: 7, isMine: false, code: 'EXCHANGE_FAILED', why: 'it is over' },
  { kind: 'push', push: bytes },
  { kind: 'ack', number: 3 },
  { kind: 'want', number: 4 },
  { kind: 'lost', why: 'a gap' },
  { kind: 'ask', request: 1, key: 'k/ö' },
  { kind: 'give', request: 2, record: bytes },
  { kind: 'record', request: 3, record: bytes },
  { kind: 'given', request: 4, counts: [1, 2, 3, 1] },
  { kind: 'failed', request: 5, code: 'RECORD_CORRUPT', why: 'its checksum does not fit' },
  { kind: 'ping' },
  { kind: 'pong' },
  { kind: 'bye', why: 'enough' },
];

function read(frames: Iterable<Uint8Array>, isGreeted = true): LinkMessage | undefined {
  const reader = new LinkReader();
  reader.isGreeted = isGreeted;
  const messages: LinkMessage[] = [];
  for (const frame of frames) messages.push(...reader.read(frame));
  return messages[0];
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof CausalError ? error.code : String(error);
  }
  return 'nothing was thrown';
}

describe('linkFrames', () => {
  test.each(MESSAGES.map((message) => [message.kind, message] as const))(
    'of %s are read as they were written',
    (_kind, message) => {
      for (const frameBytesMax of [5, 7, 64, Number.POSITIVE_INFINITY]) {
        const frames = [...linkFrames(message, frameBytesMax)];
        expect(frames.every((frame) => frame.length <= frameBytesMax)).toBe(true);
        expect(read(frames)).toEqual(message);
      }
    },
  );

  test('of a hello and a refusal have the bytes that every version keeps', () => {
    const [hello] = linkFrames(MESSAGES[0] as LinkMessage, 128);
    expect(Buffer.from(hello as Uint8Array).toString('hex')).toBe('010001038080800803617e310000');
    const [refusal] = linkFrames(MESSAGES[2] as LinkMessage, 128);
    expect(Buffer.from(refusal as Uint8Array).toString('hex')).toBe('0101020909464f5242494444454e026e6f');
  });
});

describe('LinkReader', () => {
  test('refuses every message that is cut off, or goes on', () => {
    for (const message of MESSAGES) {
      const [whole = new Uint8Array()] = linkFrames(message, 1_000);
      if (['exchange', 'push', 'give', 'record', 'ping', 'pong'].includes(message.kind)) continue;
      for (let length = 3; length < whole.length; length += 1)
        expect(codeOf(() => read([whole.subarray(0, length)]))).toBe('ENCODING_INVALID');
      expect(codeOf(() => read([Uint8Array.of(...whole, 0)]))).toBe('ENCODING_INVALID');
    }
  });

  test.each([
    ['an empty frame', [], 'ENCODING_INVALID'],
    ['half a head', [1], 'ENCODING_INVALID'],
    ['another version', [2, 3], 'VERSION_UNSUPPORTED'],
    ['a frame without its number', [1, 9], 'ENCODING_INVALID'],
    ['the number 0', [1, 13, 0], 'ENCODING_INVALID'],
    ['an unknown kind', [1, 99, 1], 'ENCODING_INVALID'],
    ['an empty part of a message', [1, 0x84, 1], 'ENCODING_INVALID'],
  ])('refuses %s', (_what, frame, code) => {
    expect(codeOf(() => read([Uint8Array.from(frame)]))).toBe(code);
  });

  test('refuses a message within another', () => {
    const count = { sent: 0 };
    const [first] = linkFrames({ kind: 'push', push: new Uint8Array(10) }, 5, count);
    expect(codeOf(() => read([first as Uint8Array, ...linkFrames({ kind: 'ping' }, 5, count)]))).toBe(
      'ENCODING_INVALID',
    );
  });

  test('reads of a stranger no more than one short hello', () => {
    for (const message of MESSAGES.slice(3))
      expect(codeOf(() => read(linkFrames(message, 1_000), false))).toBe('UNAUTHENTICATED');
    const hello = MESSAGES[0] as LinkMessage;
    expect(read(linkFrames(hello, 1_000), false)).toEqual(hello);
    expect(codeOf(() => read(linkFrames(hello, 4), false))).toBe('UNAUTHENTICATED');
    const long = new Uint8Array(HELLO_BYTES_MAX + 1);
    long[0] = 1;
    expect(codeOf(() => read([long], false))).toBe('UNAUTHENTICATED');
  });

  test('takes frames in the order of their numbers, whatever the order they come in, each once', () => {
    const count = { sent: 0 };
    const frames = MESSAGES.slice(3).flatMap((message) => [...linkFrames(message, 6, count)]);
    const random = new Random(5);
    const reader = new LinkReader();
    reader.isGreeted = true;
    const hurt = [...frames, ...frames].sort(() => random.fraction() - 0.5);
    expect(hurt.flatMap((frame) => reader.read(frame))).toEqual(MESSAGES.slice(3));
    expect(reader.missing).toBeUndefined();
  });

  test('says what is missing, and does not wait for it with more than it may', () => {
    const count = { sent: 0 };
    const reader = new LinkReader();
    reader.isGreeted = true;
    const pings = Array.from({ length: EARLY_FRAMES_MAX + 2 }, () => [...linkFrames({ kind: 'ping' }, 64, count)][0]);
    for (const frame of pings.slice(1, -1)) expect(reader.read(frame as Uint8Array)).toEqual([]);
    expect(reader.missing).toBe(1);
    expect(codeOf(() => reader.read(pings.at(-1) as Uint8Array))).toBe('LINK_FAILED');
    expect(reader.read(pings[0] as Uint8Array).length).toBe(EARLY_FRAMES_MAX + 1);
  });
});
