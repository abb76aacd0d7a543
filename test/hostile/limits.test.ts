import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { ByteWriter } from '../../src/codec/bytes.ts';
import { LINK_BUFFER_BYTES } from '../../src/limits.ts';
import { LinkRequests } from '../../src/replica/link-requests.ts';
import { Cluster } from '../replica/cluster.ts';
import { exchange, exchangeHello, greet, guarded, NOTHING, push, shape, storeOf } from './words.ts';

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster();
});
afterEach(() => cluster.close());

describe('LinkRequests', () => {
  test('takes a code of no release for that of a broken link', async () => {
    const requests = new LinkRequests('x', 2, async () => undefined);
    const asked = requests.ask('k');
    requests.answered({ kind: 'failed', request: 1, code: '__proto__', why: 'because' });
    await expect(asked).rejects.toMatchObject({
      code: 'LINK_FAILED',
      outcome: 'unknown',
      details: { code: '__proto__' },
    });
  });

  test('OVERLOADED refuses more questions to a peer than may wait', async () => {
    const requests = new LinkRequests('x', 2, async () => undefined);
    for (const key of ['a', 'b']) requests.ask(key).catch(() => undefined);
    await expect(requests.ask('c')).rejects.toMatchObject({ code: 'OVERLOADED' });
    requests.abandon(new Error('the test is over'));
  });
});

describe('the limits of a link', () => {
  const own = (counter: number) => ({ id: 'x~1', counter, time: 1, value: counter });

  test('LIMIT_EXCEEDED refuses a clock of too many ids, however it comes and piece by piece too', async () => {
    const a = await guarded(cluster, { limits: { clockEntriesMax: 5 } });
    const ids = (from: number, to: number): DotSet =>
      DotSet.of(Array.from({ length: to - from }, (_, at) => ({ id: `n${from + at}~1`, counter: 1 })));
    const gaps = DotSet.of([1, 3, 5, 7, 9, 11, 13].map(own));
    for (const seen of [ids(0, 6), gaps]) {
      const before = shape(a);
      const exchanging = await greet(cluster, 'x~1');
      await exchanging.say(...exchange(exchangeHello('x~1', seen)));
      await cluster.env.settle();
      expect(exchanging.codes).toContain('LIMIT_EXCEEDED');
      const pushing = await greet(cluster, 'y~1');
      await pushing.say(push({ added: seen }));
      await cluster.env.settle();
      expect(pushing.codes).toEqual(['LIMIT_EXCEEDED']);
      expect(shape(a)).toBe(before);
    }
    const patient = await greet(cluster, 'z~1');
    await patient.say(push({ added: ids(0, 2) }));
    await cluster.env.settle();
    expect(patient.codes).toEqual([]);
    await patient.say(push({ number: 2, from: 1, added: ids(2, 4), reaped: undefined }));
    await cluster.env.settle();
    expect(patient.codes).toEqual(['LIMIT_EXCEEDED']);
  });

  test('LIMIT_EXCEEDED refuses too many siblings', async () => {
    const a = await guarded(cluster, { limits: { siblingsMax: 3 } });
    const before = shape(a);
    const versions = [1, 2, 3, 4].map(own);
    const peer = await greet(cluster, 'x~1');
    await peer.say(push({ added: DotSet.of(versions), records: [{ key: 'k', versions, residual: NOTHING }] }));
    await cluster.env.settle();
    expect(peer.codes).toEqual(['LIMIT_EXCEEDED']);
    expect(shape(a)).toBe(before);
  });

  test('OVERLOADED refuses more links than there may be, but not those that the replica opens', async () => {
    const a = await cluster.open('a', ['b'], { limits: { linksMax: 2 } });
    const silent = [await cluster.net.connect('memory:a'), await cluster.net.connect('memory:a')];
    const refused = await greet(cluster, 'x~1');
    await refused.ended;
    expect(refused.codes).toEqual(['OVERLOADED']);
    expect(a.events).toContainEqual(expect.objectContaining({ kind: 'link-refused' }));
    await cluster.open('b', []);
    await cluster.env.pass(500);
    expect(a.events).toContainEqual(expect.objectContaining({ kind: 'peer-connected', peer: 'b' }));
    // Who says nothing does not keep its place for ever.
    await cluster.env.pass(11_000);
    expect(silent.every((link) => link.endedBecause() !== undefined)).toBe(true);
  });

  test('hold back a peer that floods and takes no answers', async () => {
    const a = await guarded(cluster, { limits: { requestsMax: 8 } });
    const deaf = await greet(cluster, 'x~1', { isReading: false });
    await cluster.env.settle();
    // Until the link itself has no room left, answers go out; then they are owed, and nothing more is read.
    const flood = async (): Promise<void> => {
      for (let number = 1; number < 40_000; number += 1) await deaf.say(push({ number, added: NOTHING }));
    };
    void flood();
    for (let turn = 0; turn < 200; turn += 1) await cluster.env.settle();
    const { pushesReceived } = (await a.replica.status()).counters;
    const answersInTheLink = LINK_BUFFER_BYTES / 64;
    expect(pushesReceived).toBeGreaterThan(1_000);
    expect(pushesReceived).toBeLessThan(answersInTheLink + 100);
    await deaf.link.close();
  });

  test('end an exchange that asks without end', async () => {
    const a = await guarded(cluster);
    for (let at = 0; at < 600; at += 1) await storeOf(a).put(`k${at}`, at);
    const { seen } = storeOf(a);
    const peer = await greet(cluster, 'x~1');
    // Everything, with a fingerprint that nothing has.
    const everything = new ByteWriter();
    everything.u8(0);
    everything.varint(seen.ids().length);
    everything.varint(0);
    for (let byte = 0; byte < 8; byte += 1) everything.u8(7);
    everything.varint(1);
    await peer.say(...exchange(exchangeHello('x~1', seen, 1)));
    for (let round = 0; round < 100; round += 1)
      await peer.say(...exchange({ kind: 'ranges', body: everything.finish() }));
    await peer.ended;
    expect(peer.codes).toContain('PROTOCOL_VIOLATION');
  });
});
