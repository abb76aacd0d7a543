import { describe, expect, test } from 'vitest';
import { VectorClock } from '../../src/clock/vector-clock.ts';
import { ByteWriter } from '../../src/codec/bytes.ts';
import type { Clocks, Message } from '../../src/repair/messages.ts';
import { RecordWriter } from '../../src/repair/record-stream.ts';
import type { ExchangeRecord } from '../../src/repair/take-in.ts';
import { set } from '../clock/literals.ts';
import { digest, expectRefused, expectSame, open, recordOf, refusalOf, shown, versions } from '../store/replicas.ts';
import { drive, frameOf, met, STORIES, type Store, sideOf } from './pair.ts';

const NONE = VectorClock.empty;
const hash = { hi: 1, lo: 2 };
const clocks = (seen: string, reaped: VectorClock = NONE): Clocks => ({ seen: set(seen), reaped });

const hello = (known?: Clocks, id = 'x'): Message => {
  const seenHash = known === undefined ? hash : undefined;
  return {
    kind: 'hello',
    id,
    takesOnly: false,
    isReply: false,
    isDamaged: false,
    life: 0,
    met: undefined,
    live: hash,
    marks: 3,
    seenHash,
    clocks: known,
  };
};
const records = (list: readonly ExchangeRecord[], sender: Clocks, isLast = true, moved?: Clocks): Message => {
  const writer = new ByteWriter();
  const stream = new RecordWriter(sender.seen.ids());
  for (const record of list) stream.write(writer, record);
  return { kind: 'records', isLast, clocks: moved, body: writer.finish() };
};
const one = (key: string, text: string): ExchangeRecord => ({ key, versions: versions(text), residual: set('') });
const news = clocks('x1-2');
const last = records([one('k', 'x1=y')], news);
const ranges: Message = { kind: 'ranges', body: new Uint8Array(0) };
const commit: Message = { kind: 'commit', isIntact: true };
const equal: Message = { kind: 'equal', id: 'x' };
const clocksMessage = (known: Clocks): Message => ({ kind: 'clocks', clocks: known, isReply: true });

/** A replica with something to tell. */
async function holder(): Promise<Store> {
  const store = await open<string>('a');
  await store.put('k', 'mine');
  await store.put('l', 'mine');
  return store;
}

describe('an exchange that is told the right things by hand', () => {
  test('takes in what came and adopts the clock with the last of it', async () => {
    const store = await holder();
    const side = sideOf(store);
    expect([...side.start()]).toEqual([]);
    for (const message of [hello(news), last])
      for (const _ of side.receive(frameOf(message))) expect(_.length).toBeGreaterThan(0);
    expect([side.isDone, side.hasAdopted, shown(await store.get('k'))]).toEqual([false, true, 'conflict mine|y']);
    [...side.receive(frameOf(commit))];
    expect([side.isDone, side.mode, side.recordsSent]).toEqual([true, 'difference', 2]);
    expect(store.seen.covers(news.seen)).toBe(true);
  });
});

describe('a message at the wrong time', () => {
  //  what came before, and the message that is refused
  test.each<[string, Message[], Message]>([
    ['equal first', [], equal],
    ['clocks first', [], clocksMessage(news)],
    ['records first', [], last],
    ['ranges first', [], ranges],
    ['a second hello', [hello()], hello()],
    ['a second hello with clocks', [hello(news)], hello(news)],
    ['records before clocks', [hello()], last],
    ['ranges before clocks', [hello()], ranges],
    ['clocks twice', [hello(), clocksMessage(news)], clocksMessage(news)],
    ['clocks after a hello with clocks', [hello(news)], clocksMessage(news)],
    ['ranges where nothing is reconciled', [hello(news)], ranges],
    ['a version beyond the clock', [hello(clocks('x2'))], last],
    ['a clock that went back', [hello(news)], records([], news, true, clocks('x1'))],
  ])('is refused with PROTOCOL_VIOLATION and changes nothing: %s (L21)', async (_, before, message) => {
    const store = await holder();
    const side = sideOf(store);
    [...side.start()];
    for (const each of before) [...side.receive(frameOf(each))];
    await expectRefused(store, 'PROTOCOL_VIOLATION', () => [...side.receive(frameOf(message))]);
    expect(side.isDone).toBe(true); // over: nothing it gets later counts
  });

  test.each<[string, Message]>([
    ['hello', hello(news)],
    ['equal', equal],
    ['clocks', clocksMessage(news)],
    ['records', last],
    ['ranges', ranges],
    ['commit', commit],
  ])('is refused after the end: %s', async (_, message) => {
    const [store, peer] = [await holder(), await open<string>('x')];
    const { two } = await drive([peer, store]);
    expect(two.isDone).toBe(true);
    await expectRefused(store, 'PROTOCOL_VIOLATION', () => [...two.receive(frameOf(message))]);
  });

  test('is refused of the initiator too, after its own hello', async () => {
    for (const message of [clocksMessage(news), last, ranges]) {
      const store = await holder();
      const side = sideOf(store, { role: 'initiator' });
      expect([...side.start()].length).toBe(1);
      await expectRefused(store, 'PROTOCOL_VIOLATION', () => [...side.receive(frameOf(message))]);
    }
  });

  test('is refused once all records were there: more records', async () => {
    const store = await holder();
    const side = sideOf(store);
    [...side.start()];
    [...side.receive(frameOf(hello(news)))];
    [...side.receive(frameOf(last))];
    await expectRefused(store, 'PROTOCOL_VIOLATION', () => [...side.receive(frameOf(last))]);
  });

  test('is refused of a peer that only takes: records', async () => {
    const store = await holder();
    const side = sideOf(store);
    [...side.start()];
    [...side.receive(frameOf({ ...hello(news), takesOnly: true } as Message))];
    await expectRefused(store, 'PROTOCOL_VIOLATION', () => [...side.receive(frameOf(last))]);
  });

  test('is refused before the start', async () => {
    const store = await holder();
    for (const message of [hello(news), last]) {
      await expectRefused(store, 'PROTOCOL_VIOLATION', () => [...sideOf(store).receive(frameOf(message))]);
    }
  });

  test('is refused aloud where it is of another version, and a refusal of any version is never answered', async () => {
    const store = await holder();
    const side = sideOf(store, { role: 'initiator' });
    [...side.start()];
    const before = await digest(store);
    expect([...side.receive(Uint8Array.of(3, 0, 9))]).toEqual([frameOf({ kind: 'refuse', versionMax: 2 })]);
    expect([side.failure?.code, side.isDone, side.hasAdopted]).toEqual(['VERSION_UNSUPPORTED', true, false]);
    expect(await digest(store)).toBe(before);
    for (const refusal of [frameOf({ kind: 'refuse', versionMax: 3 }), Uint8Array.of(2, 6, 3)]) {
      const refused = sideOf(store, { role: 'initiator' });
      [...refused.start()];
      await expectRefused(store, 'VERSION_UNSUPPORTED', () => [...refused.receive(refusal)]);
    }
  });

  test('is refused with ENCODING_INVALID where it is damaged', async () => {
    const store = await holder();
    for (const frame of [new Uint8Array(0), Uint8Array.of(1), frameOf(hello(news)).subarray(0, -1)]) {
      const side = sideOf(store, { role: 'initiator' });
      [...side.start()];
      await expectRefused(store, 'ENCODING_INVALID', () => [...side.receive(frame)]);
    }
  });

  test('is refused with ENCODING_INVALID when a frame is over the limit of the receiver', async () => {
    const store = await holder();
    const side = sideOf(store, { frameBytesMax: 64 });
    [...side.start()];
    await expectRefused(store, 'ENCODING_INVALID', () => [...side.receive(frameOf(hello(news, 'x'.repeat(70))))]);
  });
});

describe('an exchange with a forged identity or clock', () => {
  const forged = (dots: string): Clocks => ({ seen: set(dots).add('a~1', 9), reaped: NONE });

  test.each<[string, Message[]]>([
    ['a hello of the own id', [hello(undefined, 'a~1')]],
    ['a hello of the own id with clocks', [hello(news, 'a~1')]],
    ['a hello that names writes never made here', [hello(forged('x1'))]],
    ['clocks that name writes never made here', [hello(), clocksMessage(forged('x1'))]],
    ['records that bring such clocks', [hello(news), records([], news, true, forged('x1-2'))]],
    [
      'a record whose residual names such writes',
      [hello(news), records([{ ...one('k', 'x1=y'), residual: set('').add('a~1', 9) }], news)],
    ],
  ])('raises IDENTITY_ALARM and changes nothing: %s (L21)', async (_, messages) => {
    const store = await holder();
    const side = sideOf(store);
    [...side.start()];
    await expectRefused(store, 'IDENTITY_ALARM', () =>
      messages.flatMap((message) => [...side.receive(frameOf(message))]),
    );
    const clean = await open<string>('b');
    await drive([clean, store]);
    expectSame(clean, store);
  });

  test('raises IDENTITY_ALARM when a restored copy of this replica went on under the same id and told a third', async () => {
    const [a, b] = await met();
    const restored = await open<string>('a', { members: ['a', 'b'] });
    await a.put('k1', 'later');
    await drive([a, b]);
    await restored.receiveReplica('k', recordOf('k', 'x1=y'));
    await restored.put('own', 'first');
    for (const pair of [
      [restored, b],
      [b, restored],
    ] as const) {
      const before = await digest(restored);
      expect(await refusalOf(() => drive(pair))).toBe('IDENTITY_ALARM');
      expect(await digest(restored)).toBe(before);
    }
    expect(shown(await restored.get('own'))).toBe('live first');
  });
});

describe.each(Object.entries(STORIES))('an exchange with a flipped bit, %s,', (_, story) => {
  test('fails with a CausalError or goes on; after a refused frame a clean one comes to the same', async () => {
    const expected = await story();
    const { frames } = await drive(await story(), { frameBytesMax: 4_096 });
    await drive(expected);
    for (const [at, { bytes }] of frames.entries()) {
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const pair = await story();
        let arrived = 0;
        let isRefused = true;
        const code = await refusalOf(() =>
          drive(pair, {
            on: ({ bytes: original }) => {
              arrived += 1;
              isRefused = arrived - 1 === at;
              return isRefused ? flip(original, bit) : original;
            },
          }),
        );
        expect([
          'accepted',
          'ENCODING_INVALID',
          'PROTOCOL_VIOLATION',
          'VERSION_UNSUPPORTED',
          'IDENTITY_ALARM',
        ]).toContain(code);
        if (code === 'accepted' || !isRefused) continue;
        await drive(pair);
        expectSame(pair[0], expected[0]);
        expectSame(pair[1], expected[1]);
      }
    }
  });
});

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}
