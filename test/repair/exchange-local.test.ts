import { describe, expect, test, vi } from 'vitest';
import { exchange, type LocalExchangeOptions } from '../../src/repair/exchange-local.ts';
import { ExchangeSide } from '../../src/repair/exchange-side.ts';
import { digest, expectRefused, expectSame, open, refusalOf } from '../store/replicas.ts';
import { drive, met, type Pair, STORIES, two } from './pair.ts';

/** Writes `count` keys at a replica, all new or all overwritten. */
async function fill(store: Pair[0], count: number, prefix = 'key'): Promise<void> {
  await store.batch(Array.from({ length: count }, (_, at) => ({ put: `${prefix}${at}`, value: `value ${at}` })));
}

describe('exchange', () => {
  test.each<[string, () => Promise<Pair>, string]>([
    ['two replicas without anything', two, 'equal'],
    ['two replicas that met', met, 'equal'],
    ['replicas that never met', STORIES['never met'] ?? two, 'difference'],
    ['replicas that met', STORIES['met before, both went on'] ?? two, 'difference'],
    ['one that was away', STORIES['b was away while a reaped'] ?? two, 'reconcile'],
    ['two that were away', STORIES['both were away while the other reaped'] ?? two, 'reconcile'],
    ['one that lost records', STORIES['b lost records'] ?? two, 'mend'],
  ])('exchange of %s converges, and a second one finds them equal (L12, L14)', async (_, story, mode) => {
    const [a, b] = await story();
    const report = await exchange(a, b);
    expect(report.mode).toBe(mode);
    expect(report.roundTrips).toBe(Math.ceil(report.flights / 2));
    expectSame(a, b);
    const before = await digest(a);
    for (const again of [await exchange(a, b), await exchange(b, a)]) {
      expect(again).toMatchObject({ mode: 'equal', records: 0, flights: 2, messages: 2, roundTrips: 1 });
      expect(again.bytes).toBeLessThanOrEqual(64);
    }
    expect(await digest(a)).toBe(before);
  });

  test('exchange of equal replicas costs at most 64 bytes, whatever they hold and have been through', async () => {
    const [a, b] = await met();
    for (let round = 0; round < 3; round += 1) {
      await fill(a, 1_000);
      for (let at = 0; at < 500; at += 1) await a.delete(`key${at}`);
      await exchange(a, b);
      await exchange(a, b);
      for (const store of [a, b]) await store.reap();
      const report = await exchange(a, b);
      if (report.mode !== 'equal') await exchange(a, b);
    }
    expect(a.stats()).toMatchObject({ tombstones: 0, live: 504 });
    const { mode, bytes } = await exchange(a, b);
    expect([mode, bytes <= 64]).toEqual(['equal', true]);
  });

  test.each([0, 1, 10, 1_000])(
    'exchange moves exactly %i records for as many differences, met or never met',
    async (count) => {
      for (const isMet of [true, false]) {
        for (const from of [0, 1] as const) {
          const [a, b] = await two();
          await fill(a, 200);
          const between = isMet ? b : await open<string>('between');
          await exchange(a, between);
          if (!isMet) await exchange(between, b);
          await fill(from === 0 ? a : b, count, from === 0 ? 'key' : 'new');
          const report = await exchange(a, b);
          expect([report.mode, report.records]).toEqual([count === 0 ? 'equal' : 'difference', count]);
          expect(report.flights).toBeLessThanOrEqual(isMet ? 4 : 5);
          expectSame(a, b);
        }
      }
    },
  );

  test('exchange of two replicas that both have news and met before starts on both sides at once: two flights and an end', async () => {
    const [a, b] = await met();
    await a.put('k1', 'x');
    await b.put('k2', 'y');
    const report = await exchange(a, b);
    expect(report).toMatchObject({ mode: 'difference', records: 2 });
    expect(report.flights).toBeLessThanOrEqual(3);
    expectSame(a, b);
  });

  test.each(Object.entries(STORIES))('exchange one way, %s: b learns all of a, and a nothing', async (_, story) => {
    const [[a, b], twins] = [await story(), await story()];
    const before = await digest(a);
    await exchange(a, b, { oneWay: true });
    expect(await digest(a)).toBe(before);
    await exchange(...twins);
    expectSame(b, twins[1]);
    await exchange(a, b);
    expectSame(a, b);
    expectSame(...twins);
  });

  test.each<[string, LocalExchangeOptions]>([
    ['frames of 64 bytes', { frameBytesMax: 64 }],
    ['frames of 65 bytes', { frameBytesMax: 65 }],
    ['one record visible at a time', { visibleAtOnceMax: 1 }],
    ['none visible before the end of a message', { visibleAtOnceMax: 0, frameBytesMax: 64 }],
  ])('exchange with %s comes to the same', async (_, options) => {
    for (const story of Object.values(STORIES)) {
      const [limited, free] = [await story(), await story()];
      const report = await exchange(...limited, options);
      expect(report).toMatchObject({ records: (await exchange(...free)).records });
      expectSame(...limited);
      expectSame(limited[0], free[0]);
      if (options.frameBytesMax !== undefined)
        expect(report.bytes / report.messages).toBeLessThanOrEqual(options.frameBytesMax);
    }
  });

  test('exchange carries long keys, large values and many siblings through frames of 64 bytes', async () => {
    const [a, b] = await two();
    await a.put('\u{1f5ff}'.repeat(256), 'x'.repeat(20_000));
    for (let at = 0; at < 40; at += 1) await a.put('siblings', `${at}`, { context: 'none' });
    await exchange(a, b, { frameBytesMax: 64 });
    expectSame(a, b);
    expect((await b.get('siblings')).siblings.length).toBe(40);
  });

  test('exchange advances what members are known to have seen, so that both may reap at once', async () => {
    const [a, b] = await met();
    for (const store of [a, b]) expect(await store.reap()).toMatchObject({ reaped: 1, waiting: 0 });
    await a.delete('k1');
    expect((await a.reap()).waitingFor).toEqual(new Map([['b', 1]]));
    await exchange(a, b, { oneWay: true });
    expect((await b.reap()).reaped).toBe(1);
    expect((await a.reap()).reaped).toBe(0);
    await exchange(a, b);
    expect((await a.reap()).reaped).toBe(1);
    expectSame(a, b);
  });

  test('exchange refuses a store with itself, its own id, a closed store and too small frames, changing nothing (L21)', async () => {
    const [a, b] = await met();
    const clone = await open<string>('a');
    await clone.put('k', 'x');
    await expectRefused(a, 'TypeError', () => exchange(a, a));
    await expectRefused(a, 'IDENTITY_ALARM', () => exchange(a, clone));
    await expectRefused(a, 'IDENTITY_ALARM', () => exchange(clone, a));
    await expectRefused(a, 'RangeError', () => exchange(a, b, { frameBytesMax: 63 }));
    await expectRefused(a, 'RangeError', () => exchange(a, b, { frameBytesMax: 64.5 }));
    await b.close();
    await expectRefused(a, 'STORE_CLOSED', () => exchange(a, b));
    await expectRefused(a, 'STORE_CLOSED', () => exchange(b, a));
  });

  test('exchange counts the bytes and messages of both directions', async () => {
    for (const story of Object.values(STORIES)) {
      const { frames } = await drive(await story());
      const bytes = frames.reduce((sum, frame) => sum + frame.bytes.length, 0);
      expect(await exchange(...(await story()))).toMatchObject({ bytes, messages: frames.length });
    }
  });

  test('exchange fails with EXCHANGE_FAILED when only one side came to its end', async () => {
    const [a, b] = await met();
    await a.put('k1', 'x');
    const { take } = ExchangeSide.prototype;
    const COMMIT = 5;
    let dropped = 0;
    const losing = vi.spyOn(ExchangeSide.prototype, 'take').mockImplementation(function (this: Pair[0], frame) {
      if (frame[1] === COMMIT && dropped++ === 0) return Promise.resolve([]);
      return take.call(this as never, frame); // a side, whatever its store holds
    });
    expect(await refusalOf(() => exchange(a, b))).toBe('EXCHANGE_FAILED');
    losing.mockRestore();
    expect(dropped).toBe(2);
    await exchange(a, b);
    expectSame(a, b);
  });

  test('exchange that falls silent fails with EXCHANGE_FAILED, and the next one comes to the end', async () => {
    const [a, b] = await met();
    await a.put('k1', 'x');
    const start = vi.spyOn(ExchangeSide.prototype, 'start').mockReturnValue([]);
    await expectRefused(a, 'EXCHANGE_FAILED', () => exchange(a, b));
    start.mockRestore();
    await exchange(a, b);
    expectSame(a, b);
  });
});
