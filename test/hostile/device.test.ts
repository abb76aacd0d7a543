import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { openStore } from '../../src/index.ts';
import type { ExchangeRecord } from '../../src/repair/take-in.ts';
import type { LinkMessage } from '../../src/replica/link-message.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import { encodeReplicaRecord } from '../../src/store/replica-record-encoding.ts';
import { Cluster, type Member } from '../replica/cluster.ts';
import {
  DEVICE,
  exchange,
  exchangeHello,
  greet,
  guarded,
  held,
  NOTHING,
  push,
  recordsOf,
  shape,
  storeOf,
} from './words.ts';

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster();
});
afterEach(() => cluster.close());

describe('a peer that may not relay', () => {
  const foreign = { id: 'victim~1', counter: 1, time: 1, value: 'forged' } as const;
  const own = { id: DEVICE, counter: 1, time: 1, value: 'own' } as const;

  test('brings its own writes by a push, by a record it gives, and by an exchange', async () => {
    const a = await guarded(cluster);
    const peer = await greet(cluster);
    await peer.say(
      push({ added: DotSet.of([own]), records: [{ key: 'pushed', versions: [own], residual: NOTHING }] }),
      {
        ...{ kind: 'give', request: 1 },
        record: encodeReplicaRecord({
          ...{ key: 'given', versions: [{ ...own, counter: 2 }], context: DotSet.of([{ ...own, counter: 2 }]) },
        }),
      },
    );
    const seen = DotSet.empty.addRange(DEVICE, 1, 3);
    await peer.say(
      ...exchange(
        exchangeHello(DEVICE, seen),
        recordsOf(seen, [{ key: 'exchanged', versions: [{ ...own, counter: 3 }], residual: NOTHING }]),
      ),
    );
    await cluster.env.settle();
    expect(peer.refusals).toEqual([]);
    for (const key of ['pushed', 'given', 'exchanged'])
      expect(await storeOf(a).get(key)).toMatchObject({ status: 'live', value: 'own' });
  });

  const ways: [string, (seen: DotSet, record: ExchangeRecord) => LinkMessage[]][] = [
    ['a push', (seen, record) => [push({ added: seen, records: [record] })]],
    [
      'a record it gives',
      (seen, { key, versions, residual }) => [
        { kind: 'give', request: 1, record: encodeReplicaRecord({ key, versions, context: seen.union(residual) }) },
      ],
    ],
    ['an exchange', (seen, record) => exchange(exchangeHello(DEVICE, seen), recordsOf(seen, [record]))],
  ];

  test.each(ways)('is refused with writes of others by %s', async (_what, say) => {
    const a = await guarded(cluster);
    const before = shape(a);
    const peer = await greet(cluster);
    const seen = DotSet.of([foreign, own]);
    await peer.say(...say(seen, { key: 'k', versions: [foreign], residual: NOTHING }));
    await cluster.env.settle();
    expect(peer.codes).toContain('FORBIDDEN');
    expect(shape(a)).toBe(before);
  });

  test.each(ways)('is refused with another content of a write of others by %s', async (_what, say) => {
    const a = await guarded(cluster);
    const before = shape(a);
    const peer = await greet(cluster);
    const [theirs] = held(a, 'theirs');
    if (theirs === undefined) throw new Error('it was received above');
    const seen = DotSet.of([theirs, own]);
    await peer.say(...say(seen, { key: 'theirs', versions: [{ ...theirs, value: 'forged' }], residual: NOTHING }));
    await cluster.env.settle();
    expect(peer.codes).toContain('FORBIDDEN');
    expect(shape(a)).toBe(before);
  });

  test.each(ways)('is refused with a write of others under another key by %s', async (_what, say) => {
    const a = await guarded(cluster);
    const before = shape(a);
    const peer = await greet(cluster);
    const [theirs] = held(a, 'theirs');
    if (theirs === undefined) throw new Error('it was received above');
    await peer.say(...say(DotSet.of([theirs]), { key: 'elsewhere', versions: [theirs], residual: NOTHING }));
    await cluster.env.settle();
    expect(peer.codes).toContain('FORBIDDEN');
    expect(shape(a)).toBe(before);
  });

  test.each(ways)('is refused with a residual that says what others will write by %s', async (_what, say) => {
    const a = await guarded(cluster);
    const before = shape(a);
    const peer = await greet(cluster);
    const residual = DotSet.empty.addRange('victim~1', 5, 5);
    await peer.say(...say(DotSet.of([own]), { key: 'k', versions: [own], residual }));
    await cluster.env.settle();
    expect(peer.codes).toContain('FORBIDDEN');
    expect(shape(a)).toBe(before);
  });

  /** A replica that was told by a peer that writes of others to `k` are still to come. */
  async function withResidual(): Promise<{ readonly a: Member; readonly residual: DotSet }> {
    const a = await guarded(cluster);
    const residual = DotSet.empty.addRange('victim~1', 5, 5);
    const told = { id: 'peer~1', counter: 1, time: 1, value: 'told' };
    const context = DotSet.of([told]).union(residual);
    await storeOf(a).receiveReplica('k', { key: 'k', versions: [told], context });
    return { a, residual };
  }

  test.each(ways)('gives back, as a residual, what is one here, by %s', async (_what, say) => {
    const { a, residual } = await withResidual();
    const peer = await greet(cluster);
    await peer.say(...say(DotSet.of([own]), { key: 'k', versions: [own], residual }));
    await cluster.env.settle();
    expect(peer.codes).toEqual([]);
    expect(held(a, 'k')).toContainEqual(own);
  });

  test.each(ways)('is refused with writes of others within a residual by %s', async (_what, say) => {
    const { a, residual } = await withResidual();
    const before = shape(a);
    const peer = await greet(cluster);
    const forged = { id: 'victim~1', counter: 5, time: 1, value: 'of another key' };
    await peer.say(...say(DotSet.of([own]).union(residual), { key: 'k', versions: [forged], residual }));
    await cluster.env.settle();
    expect(peer.codes).toContain('FORBIDDEN');
    expect(shape(a)).toBe(before);
  });

  test('brings nothing of others back as lost: a mend is believed only of its own', async () => {
    const a = await guarded(cluster);
    const store = storeOf(a);
    const [first] = held(a, 'mine');
    await store.put('mine', 'newer');
    const before = shape(a);
    const { seen } = store;
    if (first === undefined) throw new Error('it was written above');
    const peer = await greet(cluster);
    await peer.say(
      ...exchange(exchangeHello(DEVICE, seen, 1), { kind: 'ranges', body: new Uint8Array() }),
      ...exchange(recordsOf(seen, [{ key: 'mine', versions: [{ ...first, value: 'forged' }], residual: NOTHING }])),
    );
    await cluster.env.settle();
    expect(peer.codes).toContain('FORBIDDEN');
    expect(shape(a)).toBe(before);
  });
});

describe('the token of a replica', () => {
  test('is shown to a peer that links, and not to a device', async () => {
    await guarded(cluster, { token: 'of the replica' });
    const peers = [await greet(cluster, 'peer~1'), await greet(cluster)];
    await cluster.env.settle();
    expect(peers.map(({ heard }) => heard[0])).toMatchObject([{ token: 'of the replica' }, { token: undefined }]);
  });
});

describe('a durable replica', () => {
  test.each([
    ['dots of it that it never made', (id: string) => ({ ...exchangeHello(DEVICE, DotSet.of([{ id, counter: 99 }])) })],
    [
      'a life of it that it never had',
      (id: string) => ({ ...exchangeHello(DEVICE, NOTHING), life: 5, met: { id, life: 7, counter: 0 } }),
    ],
  ])('does not go on under another id because a device tells of %s', async (_what, messageOf) => {
    const store = await openStore<unknown>({ name: 'a', env: cluster.env, storage: memoryStorage() });
    const a = await guarded(cluster, { store });
    const before = shape(a);
    const { id } = store;
    const device = await greet(cluster);
    await device.say(...exchange(messageOf(id)));
    await cluster.env.settle();
    expect([store.id, shape(a)]).toEqual([id, before]);
    // One that may speak of others is believed: its id is in use twice, and nothing of it is lost.
    const peer = await greet(cluster, 'peer~1');
    await peer.say(...exchange({ ...messageOf(id), id: 'peer~1' }));
    await cluster.env.settle();
    expect(store.id).not.toBe(id);
    expect(await store.get('mine')).toMatchObject({ status: 'live', value: 'true' });
  });
});
