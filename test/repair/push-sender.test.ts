import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { VectorClock } from '../../src/clock/vector-clock.ts';
import { PUSH_DOTS_MAX, PUSH_WINDOW } from '../../src/limits.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { decodePush, encodePush } from '../../src/repair/push-message.ts';
import { PushReceiver } from '../../src/repair/push-receiver.ts';
import { PushSender } from '../../src/repair/push-sender.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import { rename, unlearn } from '../../src/store/durable/steps.ts';
import { stateOf } from '../../src/store/versioned-kv-store.ts';
import { Way } from '../../src/testkit/schedule/ways.ts';
import { set, showSet } from '../clock/literals.ts';
import { expectSame, open, recordOf, refusalOf, showVersions } from '../store/replicas.ts';
import { failingEngine, Trouble } from '../torture/failing-storage.ts';
import { lose, type Store, two } from './pair.ts';

type Sender = PushSender<string>;

/** `2<1 add b1-2 hide c1 reap, k a1=v / z1`: a push in words; ids without their incarnation. */
async function drawn(sender: Sender): Promise<string> {
  const bytes = await sender.next();
  if (bytes === undefined) return 'nothing';
  const { number, from, base, added, hidden, reaped, records } = decodePush(bytes);
  const head = [`${number}<${from}`];
  if (base !== undefined) head.push(`on ${show(base) || 'nothing'}`);
  head.push(`add ${show(added) || 'nothing'}`);
  if (!hidden.isEmpty) head.push(`hide ${show(hidden)}`);
  if (reaped !== undefined && reaped.size > 0) head.push('reap');
  const shown = records.map(({ key, versions, residual }) =>
    [key, showVersions(versions), ...(residual.isEmpty ? [] : [`/ ${show(residual)}`])].join(' '),
  );
  return [head.join(' '), ...shown].join(', ').replaceAll('~1', '');
}

function unheard(): void {}

function show(dots: DotSet): string {
  return showSet(dots).replaceAll('~1', '');
}

/** A replica that holds a1 under `k` and took in y1 under `l`, and a chain to a peer that had all of that. */
async function begun(): Promise<[Store, Sender]> {
  const store = await open<string>('a');
  await store.put('k', 'v');
  await store.receiveReplica('l', recordOf('l', 'y1=w'));
  const sender = new PushSender(store);
  sender.start(store.seen);
  return [store, sender];
}

const steps: Readonly<Record<string, (store: Store, sender: Sender) => unknown>> = {
  writes: (store) => store.put('k', 'x'),
  deletes: (store) => store.delete('k'),
  'writes over it': async (store) => store.put('k', 'x', { context: (await store.get('k')).context }),
  'writes blindly': (store) => store.put('k', 'x', { context: 'none' }),
  'reaps only': (store) => store.reap({ force: true }),
  'takes in a third': (store) => store.receiveReplica('n', recordOf('n', 'w1=x')),
  'takes in another': (store) => store.receiveReplica('m', recordOf('m', 'z1=x')),
  'takes in what is known from elsewhere': (store) => store.receiveReplica('k', recordOf('k', 'z1=x', 'z1-3')),
  reaps: async (store) => {
    await store.delete('k');
    return store.reap({ force: true });
  },
  tells: (_, sender) => sender.next(),
  'hears that the peer has all': (store, sender) => sender.heard(store.seen),
  'hears of 1 that it was taken in': (_, sender) => sender.acked(1),
  'is asked for 1': (_, sender) => sender.wanted(1),
  'is asked for 2': (_, sender) => sender.wanted(2),
  stops: (_, sender) => sender.stop(),
  starts: (store, sender) => sender.start(store.seen),
  'exchanges with c': async (store) => {
    const c = await open<string>('c');
    await c.put('c', 'x');
    return exchange(c, store);
  },
};

describe('PushSender', () => {
  test.each<[what: readonly string[], due: string, next: string]>([
    [[], 'nothing', '1<0 on a1 y1 add nothing'],
    [['writes'], 'now', '1<0 on a1 y1 add a2, k a2=x'],
    [['takes in another'], 'later', '1<0 on a1 y1 add z1 hide z1'],
    [['takes in another', 'writes'], 'now', '1<0 on a1 y1 add a2 z1 hide z1, k a2=x'],
    [['exchanges with c', 'writes'], 'now', '1<0 on a1 y1 add a2 c1 hide c1, k a2=x'],
    [['writes', 'hears that the peer has all'], 'whenever', '1<0 on a1 y1 add a2 hide a2'],
    [['reaps'], 'now', '1<0 on a1 y1 add a2 reap'],
    [['writes', 'tells'], 'nothing', 'nothing'],
    [['deletes', 'tells', 'reaps only'], 'whenever', '2<1 add nothing reap'],
    [['reaps', 'tells'], 'nothing', 'nothing'],
    [['reaps', 'tells', 'writes', 'tells', 'writes'], 'now', '3<2 add a4, k a4=x'],
    [
      ['takes in another', 'tells', 'takes in a third', 'is asked for 1'],
      'now',
      '2<0 on a1 y1 add w1 z1, n w1=x, m z1=x',
    ],
    [['writes', 'tells', 'hears that the peer has all', 'is asked for 1'], 'now', '2<0 on a1 y1 add a2 hide a2'],
    [['takes in what is known from elsewhere', 'tells', 'writes over it'], 'now', '2<1 add a2, k a2=x / z2-3'],
    [
      ['takes in what is known from elsewhere', 'tells', 'writes blindly'],
      'now',
      '2<1 add a2, k a1=v a2=x z1=x / z2-3',
    ],
    [['writes', 'tells', 'writes'], 'now', '2<1 add a3, k a3=x'],
    [['writes', 'tells', 'deletes'], 'now', '2<1 add a3, k a3'],
    [['tells', 'reaps', 'tells', 'reaps'], 'now', '3<2 add a3 reap'],
    [['takes in what is known from elsewhere'], 'later', '1<0 on a1 y1 add z1 hide z1, k a1=v z1=x / z2-3'],
    [['takes in what is known from elsewhere', 'tells'], 'nothing', 'nothing'],
    [['takes in another', 'tells', 'is asked for 1'], 'now', '2<0 on a1 y1 add z1, m z1=x'],
    [
      ['takes in another', 'tells', 'writes', 'tells', 'is asked for 1'],
      'now',
      '3<0 on a1 y1 add a2 z1, k a2=x, m z1=x',
    ],
    [
      ['writes', 'tells', 'hears of 1 that it was taken in', 'takes in another', 'tells', 'is asked for 2'],
      'now',
      '3<1 add z1, m z1=x',
    ],
    [['writes', 'tells', 'hears of 1 that it was taken in', 'is asked for 1'], 'nothing', 'nothing'],
    [['writes', 'tells', 'is asked for 2'], 'nothing', 'nothing'],
    [['writes', 'tells', 'stops'], 'nothing', 'nothing'],
    [['writes', 'tells', 'stops', 'writes', 'starts', 'writes'], 'now', '2<0 on a1-3 y1 add a4, k a4=x'],
    [['writes', 'tells', 'starts', 'writes'], 'now', '2<1 add a3, k a3=x'],
  ])('PushSender that %j is due %s and draws %s', async (what, due, next) => {
    const [store, sender] = await begun();
    for (const step of what) await steps[step]?.(store, sender);
    expect(sender.due()).toBe(due);
    const text = await drawn(sender);
    expect(text.replace(' reap', '')).toBe(next.replace(' reap', ''));
    expect(text.includes(' reap')).toBe(next.includes(' reap'));
  });

  test('PushSender that was not started, or was stopped, tells nothing', async () => {
    const store = await open<string>('a');
    await store.put('k', 'v');
    const sender = new PushSender(store);
    for (const again of [false, true]) {
      expect([sender.isActive, sender.due(), await drawn(sender)]).toEqual([false, 'nothing', 'nothing']);
      if (again) return;
      sender.start(store.seen);
      await store.put('k', 'w');
      expect([sender.isActive, sender.due()]).toEqual([true, 'now']);
      sender.stop();
    }
  });

  test('PushSender knows what the peer has, and says whether it was news', async () => {
    const [store, sender] = await begun();
    const dot = { id: store.id, counter: 1 };
    expect([sender.has(dot), sender.has({ ...dot, counter: 2 }), sender.lag]).toEqual([true, false, 0]);
    await store.put('k', 'x');
    expect([sender.lag, sender.heard(store.seen), sender.heard(store.seen), sender.lag]).toEqual([1, true, false, 0]);
    expect([sender.has({ ...dot, counter: 2 }), sender.heard(set('x1')), sender.heard(set('x1'))]).toEqual([
      ...[true, true, false],
    ]);
    sender.stop();
    expect([sender.has(dot), sender.lag]).toEqual([false, 3]);
  });

  test.each([
    [PUSH_DOTS_MAX, 'now', '1<0 on a1 y1 add'],
    [PUSH_DOTS_MAX + 1, 'exchange', 'nothing'],
  ])('PushSender with %i dots to tell is due %s', async (count, due, next) => {
    const [store, sender] = await begun();
    await store.batch(Array.from({ length: count }, (_, at) => ({ delete: `d${at}` })));
    expect(sender.due()).toBe(due);
    expect((await drawn(sender)).startsWith(next)).toBe(true);
  });

  test('PushSender relays writes of an id from then on, once a peer has asked for one', async () => {
    const [store, sender] = await begun();
    await store.receiveReplica('m', recordOf('m', 'z1=x'));
    await sender.next();
    sender.wanted(1);
    await sender.next();
    await store.receiveReplica('m', recordOf('m', 'z2=y', 'z1-2'));
    expect(sender.due()).toBe('now');
    expect(await drawn(sender)).toBe('3<2 add z2, m z2=y');
  });

  test('PushSender tells a residual once along a chain, and again when it changes', async () => {
    const [store, sender] = await begun();
    await store.receiveReplica('m', recordOf('m', 'z1=x', 'z1-3'));
    expect(await drawn(sender)).toBe('1<0 on a1 y1 add z1 hide z1, m z1=x / z2-3');
    await store.put('k', 'x');
    expect(await drawn(sender)).toBe('2<1 add a2, k a2=x');
    await store.receiveReplica('m', recordOf('m', 'z1=x', 'z1-4'));
    await store.put('k', 'y');
    expect(await drawn(sender)).toBe('3<2 add a3, k a3=y, m z1=x / z2-4');
    sender.stop();
    sender.start(store.seen);
    await store.put('k', 'z');
    expect(await drawn(sender)).toBe('4<0 on a1-3 y1 z1 add a4, k a4=z, m z1=x / z2-4');
  });

  test('PushSender leaves much to an exchange, and has a window', async () => {
    const [store, sender] = await begun();
    for (let at = 0; at < PUSH_WINDOW; at += 1) {
      expect(sender.hasRoom).toBe(true);
      await store.put('k', 'x');
      await sender.next();
    }
    expect(sender.hasRoom).toBe(false);
    expect([sender.acked(99), sender.acked(2), sender.acked(1), sender.hasRoom]).toEqual([false, true, false, true]);
    expect(sender.lag).toBe(PUSH_WINDOW - 2);
    for (let at = 0; at <= PUSH_DOTS_MAX; at += 1) await store.put('k', 'x');
    expect(sender.due()).toBe('exchange');
  });

  test.each<[what: string, change: (store: Store) => void]>([
    ['goes on under another id', (store) => rename(stateOf(store), 'a~2')],
    ['has unlearned what it told', (store) => unlearn(stateOf(store).knowledge, set('y1'))],
  ])('PushSender ends a chain when its replica %s', async (_, change) => {
    const [store, sender] = await begun();
    await store.put('k', 'x');
    await sender.next();
    change(store);
    await store.put('k', 'y');
    expect(sender.due()).toBe('exchange');
    expect(await drawn(sender)).toBe('nothing');
    sender.start(DotSet.empty);
    expect(await drawn(sender)).toMatch(/^2<0 on nothing add/);
  });

  test('PushSender draws nothing while records are lost here', async () => {
    const [store, sender] = await begun();
    await store.put('m', 'x');
    lose(store, 'k');
    stateOf(store).damaged.set('k', DotSet.empty);
    expect(await drawn(sender)).toBe('nothing');
  });

  test('PushSender draws nothing new for what was asked for again while it was drawing', async () => {
    const store = await open<string>('a', { storage: memoryStorage() });
    const sender = new PushSender(store);
    sender.start(DotSet.empty);
    await store.receiveReplica('m', recordOf('m', 'z1=x'));
    await sender.next();
    await store.put('k', 'x');
    const drawing = sender.next();
    sender.wanted(1);
    expect(await drawing).toBeUndefined();
    expect(await drawn(sender)).toBe('2<0 on nothing add a1 z1, k a1=x, m z1=x');
    const again = [sender.next(), sender.next()];
    await store.put('k', 'y');
    // The first may have seen the newest write; of two at once no more than one gives a push.
    const [, second] = await Promise.all(again);
    expect(second).toBeUndefined();
  });

  test('PushSender draws nothing of a chain that was begun anew while it was drawing', async () => {
    const store = await open<string>('a', { storage: memoryStorage() });
    const sender = new PushSender(store);
    sender.start(DotSet.empty);
    await store.put('k', 'x');
    const drawing = sender.next();
    sender.stop();
    sender.start(store.seen);
    expect(await drawing).toBeUndefined();
    expect(sender.due()).toBe('nothing');
  });

  test('PushSender lets nothing leave that is not durable, also where only clocks changed (L2)', async () => {
    const trouble = new Trouble();
    const store = await open<string>('a', { storage: failingEngine(memoryStorage(), trouble) });
    await store.put('k', 'v');
    const sender = new PushSender(store);
    sender.start(store.seen);
    await sender.next();
    const receiver = new PushReceiver(store, { peerId: 'x', isExpected: () => true, answer: unheard, onWait: unheard });
    const nothing = { hidden: DotSet.empty, reaped: VectorClock.empty, records: [] };
    const bytes = (number: number): Uint8Array =>
      encodePush({ number, from: 0, base: DotSet.empty, added: set('x1'), ...nothing });
    trouble.commitFails(0, 'failed, not applied');
    const taking = refusalOf(() => receiver.take(bytes(1)));
    while (!stateOf(store).knowledge.has('x', 1)) await undefined;
    const drawing = sender.next();
    expect(await taking).toBe('STORAGE_FAILED');
    expect(await drawing).toBeUndefined();
    await receiver.take(bytes(2));
    expect(await drawn(sender)).toBe('2<1 add x1 hide x1');
  });

  test('PushSender and PushReceiver bring two replicas to the same bytes, chain after chain', async () => {
    const [a, b] = await two();
    const ways = [new Way<string, undefined>(a, b, () => true), new Way<string, undefined>(b, a, () => true)];
    const settle = async (): Promise<void> => {
      for (let isBusy = true; isBusy; ) {
        isBusy = false;
        for (const way of ways) {
          if (way.sender.due() !== 'nothing') await way.draw(() => undefined);
          for (const { bytes } of way.frames.splice(0)) await way.receiver.take(bytes);
          for (const answer of way.answers.splice(0)) {
            isBusy = true;
            expect(answer.kind).toBe('ack');
            if (answer.kind === 'ack') way.sender.acked(answer.number);
          }
        }
      }
    };
    for (const { sender } of ways) sender.start(DotSet.empty);
    for (const key of ['k', 'l']) {
      await a.put(key, 'of a');
      await b.put(key, 'of b', { context: 'none' });
      await settle();
      expectSame(a, b);
      await a.delete(key, { context: (await a.get(key)).context });
      await settle();
      for (const store of [a, b]) expect((await store.reap()).reaped).toBe(1);
      await settle();
      expectSame(a, b);
    }
  });
});
