import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import type { Message } from '../../src/repair/messages.ts';
import { seenHashOf } from '../../src/repair/messages.ts';
import { seenBy } from '../../src/store/membership.ts';
import { encodeReplicaRecord } from '../../src/store/replica-record-encoding.ts';
import { stateOf } from '../../src/store/versioned-kv-store.ts';
import { Cluster } from '../replica/cluster.ts';
import { RoughPeer } from './rough-peer.ts';
import { exchange, exchangeHello, greet, guarded, NOTHING, push, recordsOf, shape, storeOf } from './words.ts';

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster();
});
afterEach(() => cluster.close());

describe('a peer', () => {
  test.each([
    ['hello', (seen: DotSet) => exchangeHello('victim~1', seen)],
    [
      'hello without clocks',
      (seen: DotSet) => ({ ...exchangeHello('victim~1', seen), clocks: undefined, seenHash: seenHashOf(seen) }),
    ],
    ['hello of the replica itself', (seen: DotSet) => exchangeHello(seen.ids()[0] as string, seen)],
  ])('speaks in an exchange for nobody else: %s', async (_what, messageOf) => {
    const a = await guarded(cluster);
    const peer = await greet(cluster, 'peer~1');
    const { seen, id } = storeOf(a);
    await peer.say(...exchange(messageOf(seen) as Message));
    await cluster.env.settle();
    expect(peer.codes).toContain('FORBIDDEN');
    expect(seenBy(stateOf(storeOf(a)).membership, 'victim~1')).toBeUndefined();
    expect(storeOf(a).id).toBe(id);
  });

  test('that names writes of the replica itself is not believed, by whatever way, and told so', async () => {
    const a = await guarded(cluster);
    const before = shape(a);
    const forged = { id: a.replica.id, counter: 99, time: 1, value: 'forged' };
    const seen = DotSet.of([forged]);
    const record = { key: 'mine', versions: [forged], residual: NOTHING };
    const giving = await greet(cluster, 'x~1');
    await giving.say({ kind: 'give', request: 7, record: encodeReplicaRecord({ ...record, context: seen }) });
    const pushing = await greet(cluster, 'y~1');
    await pushing.say(push({ added: seen, records: [record] }));
    const exchanging = await greet(cluster, 'z~1');
    await exchanging.say(...exchange(exchangeHello('z~1', seen), recordsOf(seen, [record])));
    await cluster.env.settle();
    expect(giving.codes).toEqual(['IDENTITY_ALARM']);
    expect(pushing.heard.filter(({ kind }) => kind === 'lost')).toEqual([
      { kind: 'lost', why: 'it names writes of this replica that it never made' },
    ]);
    expect(exchanging.codes).toEqual(['IDENTITY_ALARM']);
    expect(a.events).toContainEqual(expect.objectContaining({ kind: 'exchange-failed', peer: 'z' }));
    expect(shape(a)).toBe(before);
  });

  test('with the name of another and without its token or certificate is refused, and the other stays linked', async () => {
    await guarded(cluster, {
      authenticate: ({ name, token }) => (token === name ? { mayRelay: true } : { refused: 'wrong' }),
    });
    const friend = await greet(cluster, 'friend~1', { token: 'friend' });
    const thief = await greet(cluster, 'friend~1', { token: 'thief' });
    const proven = await RoughPeer.greet(cluster.net.at('memory:p', 'thief'), 'memory:a', 'friend~1', {
      token: 'friend',
    });
    await cluster.env.settle();
    expect(thief.codes).toEqual(['UNAUTHENTICATED']);
    expect(proven.codes).toEqual(['FORBIDDEN']);
    expect(friend.link.endedBecause()).toBeUndefined();
  });

  test('learns of a refusal its code, and no token or keyspace of the replica', async () => {
    await guarded(cluster, {
      keyspace: 'hidden-space',
      token: 'hidden-token',
      authenticate: () => ({ refused: 'unknown' }),
    });
    const peers = [
      await greet(cluster, 'x~1', { token: 'mine' }),
      await greet(cluster, 'x~1', { keyspace: 'hidden-space' }),
      await greet(cluster, ''),
    ];
    await cluster.env.settle();
    expect(peers.flatMap(({ codes }) => codes)).toEqual(['FORBIDDEN', 'UNAUTHENTICATED', 'ENCODING_INVALID']);
    for (const { heard } of peers) expect(JSON.stringify(heard)).not.toContain('hidden');
  });

  test('is worked on no more once it was refused', async () => {
    const a = await guarded(cluster);
    const peer = await greet(cluster, 'x~1');
    const before = shape(a);
    const own = { id: 'x~1', counter: 1, time: 1, value: 1 };
    const record = encodeReplicaRecord({ key: 'late', versions: [own], context: DotSet.of([own]) });
    await peer.link.send(Uint8Array.of(1, 99, 1));
    await peer.say({ kind: 'give', request: 1, record });
    await peer.ended;
    expect(peer.refusals).toEqual([
      { kind: 'refuse', code: 'ENCODING_INVALID', why: 'Cannot read from the link: a message is of an unknown kind' },
    ]);
    expect(shape(a)).toBe(before);
  });

  test.each([
    ['a refusal', { kind: 'refuse', versionMin: 1, versionMax: 1, code: '__proto__', why: 'no' }],
    ['a farewell', { kind: 'bye', why: 'enough' }],
  ] as const)('that sends %s in the middle of a link has ended it', async (_what, message) => {
    const a = await guarded(cluster);
    const peer = await greet(cluster, 'x~1');
    await cluster.env.settle();
    await peer.say(message);
    await peer.ended;
    expect((await a.replica.status()).peers.map(({ state }) => state)).toEqual(['absent']);
    expect(a.events).toContainEqual(expect.objectContaining({ kind: 'peer-lost', peer: 'x' }));
  });

  test('that acknowledges, wants, stops and answers what never was changes nothing', async () => {
    const a = await guarded(cluster);
    const before = shape(a);
    const peer = await greet(cluster, 'x~1');
    const number = 2 ** 53 - 1;
    await peer.say(
      ...([
        { kind: 'ack', number },
        { kind: 'want', number },
        { kind: 'want', number: 0 },
      ] as const),
      { kind: 'stop', number: 2 ** 52 - 1, isMine: true, code: 'constructor', why: '' },
      { kind: 'given', request: number, counts: [number, number, number, number] },
      { kind: 'failed', request: 0, code: '__proto__', why: '' },
      { kind: 'ping' },
    );
    await cluster.env.settle();
    expect(peer.refusals).toEqual([]);
    expect(peer.heard.at(-1)).toEqual({ kind: 'pong' });
    expect(shape(a)).toBe(before);
  });
});
