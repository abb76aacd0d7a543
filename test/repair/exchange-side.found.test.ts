import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { VectorClock } from '../../src/clock/vector-clock.ts';
import { ByteWriter } from '../../src/codec/bytes.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import type { Message } from '../../src/repair/messages.ts';
import { RecordWriter } from '../../src/repair/record-stream.ts';
import { set } from '../clock/literals.ts';
import { expectSame, open, recordOf, refusalOf, share, shown, showSibling } from '../store/replicas.ts';
import { frameOf, met, sideOf } from './pair.ts';

const news = { seen: set('x1-2'), reaped: VectorClock.empty };
const hello = (clocks = news): Message => ({
  kind: 'hello',
  id: 'x',
  takesOnly: false,
  isReply: false,
  isDamaged: false,
  life: 0,
  met: undefined,
  live: { hi: 0, lo: 2 },
  marks: 0,
  seenHash: undefined,
  clocks,
});

describe('what was found wrong once', () => {
  test('1 commit as the first message is out of order', async () => {
    const side = sideOf(await open<string>('a'));
    [...side.start()];
    expect(await refusalOf(() => [...side.receive(frameOf({ kind: 'commit', isIntact: true }))])).toBe(
      'PROTOCOL_VIOLATION',
    );
  });
  test('2 equal after a hello is out of order (and lets reap believe that the peer has seen everything)', async () => {
    const store = await open<string>('a', { members: ['a', 'x'] });
    await store.delete('k');
    const side = sideOf(store);
    [...side.start()];
    [...side.receive(frameOf(hello()))];
    expect(await refusalOf(() => [...side.receive(frameOf({ kind: 'equal', id: 'x' }))])).toBe('PROTOCOL_VIOLATION');
    expect((await store.reap()).reaped).toBe(0);
  });
  test('3 an exchange is over once it refused something: no clock may be adopted by it afterwards', async () => {
    const store = await open<string>('a');
    const side = sideOf(store);
    [...side.start()];
    [...side.receive(frameOf(hello()))];
    const writer = new ByteWriter();
    new RecordWriter(['x']).write(writer, {
      key: 'k',
      versions: [{ id: 'x', counter: 9, time: 1, value: 'y' }],
      residual: DotSet.empty,
    });
    const records = (body: Uint8Array): Uint8Array =>
      frameOf({ kind: 'records', isLast: true, clocks: undefined, body });
    expect(await refusalOf(() => [...side.receive(records(writer.finish()))])).toBe('PROTOCOL_VIOLATION');
    await refusalOf(() => [...side.receive(records(new Uint8Array(0)))]);
    expect(store.seen.isEmpty).toBe(true);
  });
  test('4 a peer cannot raise the fence beyond what it has seen', async () => {
    const [store, other] = [await open<string>('a'), await open<string>('b')];
    const side = sideOf(store);
    [...side.start()];
    const code = await refusalOf(() => {
      [...side.receive(frameOf(hello({ seen: set('x1-2'), reaped: VectorClock.of([['x', 2 ** 50]]) })))];
      [...side.receive(frameOf({ kind: 'records', isLast: true, clocks: undefined, body: new Uint8Array(0) }))];
    });
    await other.put('l', 'y');
    await exchange(store, other);
    await other.put('m', 'y');
    expect([code === 'accepted', (await exchange(store, other)).mode]).toEqual([false, 'difference']);
  });
  test.each([['x'.repeat(1_100)], ['\ud800']])(
    '5 join takes no name that makes every later exchange fail: %#',
    async (member) => {
      const [a, b] = [await open<string>('a'), await open<string>('b')];
      expect(['TypeError', 'RangeError']).toContain(await refusalOf(() => a.join(member)));
      await exchange(a, b);
    },
  );
  test('6 a peer whose time is the greatest possible does not make our next write unsendable', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    const record = recordOf('k', 'x1=y');
    const versions = record.versions.map((version) => ({ ...version, time: Number.MAX_SAFE_INTEGER }));
    if ((await refusalOf(() => a.receiveReplica('k', { ...record, versions }))) !== 'accepted') return;
    await a.put('k', 'z');
    await exchange(a, b);
    expectSame(a, b);
  });
  test.each([[1.5], [-5], [Number.NaN]])('7 a wall clock that says %s does not make writes unsendable', async (now) => {
    const [a, b] = [await open<string>('a', { env: { now: () => now, random: () => 0 } }), await open<string>('b')];
    await a.put('k', 'x');
    await exchange(a, b);
    expectSame(a, b);
  });
  test('8 next called twice before a change gets both changes, and close ends both', async () => {
    const store = await open<string>('a');
    const feed = store.changes();
    await store.put('w', '1');
    await feed.next(); // which loads it
    let answered = 0;
    for (let at = 0; at < 2; at += 1) void feed.next().then(() => (answered += 1));
    await store.put('x', '1');
    await new Promise(setImmediate);
    await store.put('y', '1');
    await new Promise(setImmediate);
    await store.close();
    await new Promise(setImmediate);
    expect(answered).toBe(2);
  });
  test('9 update neither freezes nor aliases the object of the caller', async () => {
    const store = await open<{ list: object[] }>('a');
    const mine = { list: [{ deep: {} }] };
    await store.update('k', () => mine);
    const inner = { deep: {} };
    await store.update('k', (draft) => void draft.list.push(inner));
    expect([mine, mine.list, inner, inner.deep].map(Object.isFrozen)).toEqual([false, false, false, false]);
  });
  test('10 batch called before put is written before put', async () => {
    const store = await open<string>('a');
    await Promise.all([store.batch([{ put: 'k', value: 'first' }]), store.put('k', 'second')]);
    expect(shown(await store.get('k'))).toBe('live second');
  });
  test('11 a content of a collision that was settled does not come back (L10)', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    for (const text of ['x1=one', 'x1=two']) await a.receiveReplica('k', recordOf('k', text));
    await a.resolve('k', { kind: 'value', value: 'settled' });
    for (const text of ['x1=two', 'x1=three']) await b.receiveReplica('k', recordOf('k', text));
    await share(b, a, 'k');
    expect(a.peek('k').siblings.map(showSibling).sort()).toEqual(['settled', 'three']);
    await a.receiveReplica('k', recordOf('k', 'x1=one'));
    expect(a.peek('k').siblings.map(showSibling).sort()).toEqual(['settled', 'three']);
  });
  test('12 an exchange sends no record because of a residual that seen covers by now', async () => {
    const [a, b] = await met();
    const c = await open<string>('c');
    for (const key of a.keys()) await share(a, c, key);
    await share(a, c, 'old');
    await a.put('k1', 'changed');
    expect((await exchange(a, c)).records).toBe(1);
    expect(b.isClosed).toBe(false);
  });
  test('13 a listener that throws in onReport does not fail what was done', async () => {
    const store = await open<string>('a', {
      onReport: () => {
        throw new Error('of the listener');
      },
    });
    await store.receiveReplica('k', recordOf('k', 'x1=one'));
    expect(await refusalOf(() => store.receiveReplica('k', recordOf('k', 'x1=two')))).toBe('accepted');
  });
  test('14 the context of a write covers nothing that a listener let in during the commit', async () => {
    const store = await open<string>('a');
    let isFirst = true;
    store.subscribe(() => {
      if (isFirst) {
        isFirst = false;
        void store.receiveReplica('k', recordOf('k', 'x1=unread'));
      }
    });
    const { context } = await store.put('k', 'mine');
    await store.put('k', 'next', { context });
    expect(shown(await store.get('k'))).toBe('conflict next|unread');
  });
  test('15 a frame without bytes that says more comes is not kept for ever', async () => {
    const side = sideOf(await open<string>('a'));
    [...side.start()];
    const before = process.memoryUsage().heapUsed;
    const code = await refusalOf(() => {
      for (let n = 0; n < 300_000; n += 1) [...side.receive(Uint8Array.of(1, 0x84))];
    });
    expect(code === 'ENCODING_INVALID' || process.memoryUsage().heapUsed - before < 1e6).toBe(true);
  });
  test('16 a dot used for two keys is reported, and no write is lost', async () => {
    const store = await open<string>('a');
    await store.receiveReplica('k', recordOf('k', 'x1=one'));
    await store.receiveReplica('l', recordOf('l', 'x1=two'));
    expect([shown(await store.get('k')), shown(await store.get('l')), store.stats().collisions]).toEqual([
      'live one',
      'live two',
      1,
    ]);
  });
  test('17 an update of a key that shows bytes or dates does not change what the recipe got from outside', async () => {
    const store = await open<{ when: Date }>('a');
    const when = new Date(0);
    await store.put('k', { when: new Date(5) });
    await store.update('k', (draft) => void (draft.when = when));
    when.setTime(9);
    const answer = await store.get('k');
    expect(answer.status === 'live' && answer.value.when.getTime()).toBe(0);
  });
});
