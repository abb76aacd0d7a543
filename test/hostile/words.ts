/** What the tests of hostile peers say with: a guarded replica, and messages as nobody would write them. */

import { DotSet } from '../../src/clock/dot-set.ts';
import { VectorClock } from '../../src/clock/vector-clock.ts';
import { ByteWriter } from '../../src/codec/bytes.ts';
import { openStore } from '../../src/index.ts';
import { encodeFrames, type Message } from '../../src/repair/messages.ts';
import { encodePush, type Push } from '../../src/repair/push-message.ts';
import { RecordWriter } from '../../src/repair/record-stream.ts';
import type { ExchangeRecord } from '../../src/repair/take-in.ts';
import type { LinkMessage } from '../../src/replica/link-message.ts';
import type { ReplicaOptions } from '../../src/replica/replica-types.ts';
import type { Version } from '../../src/store/record.ts';
import { stateOf, type VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import type { Cluster, Member } from '../replica/cluster.ts';
import { RoughPeer } from './rough-peer.ts';
import { shapeOf } from './shape.ts';

export const DEVICE = 'device~1';
export const NOTHING = DotSet.empty;

/** A replica that lets `device` bring its own writes only, and holds two of its own and one of `other`. */
export async function guarded(cluster: Cluster, options: Partial<ReplicaOptions<unknown>> = {}): Promise<Member> {
  const a = await cluster.open('a', [], {
    authenticate: ({ name }) => ({ mayRelay: name !== 'device' }),
    ...options,
  });
  await a.replica.store.put('mine', 'true');
  await a.replica.store.put('second', 'true');
  const other = await openStore<unknown>({ name: 'other', env: cluster.env });
  await other.put('theirs', 'true');
  await a.replica.store.receiveReplica('theirs', await other.record('theirs'));
  return a;
}

/** A link on which a peer has said hello. */
export function greet(
  cluster: Cluster,
  id = DEVICE,
  different: Parameters<typeof RoughPeer.greet>[3] = {},
): Promise<RoughPeer> {
  return RoughPeer.greet(cluster.net, 'memory:a', id, different);
}

/** A push that says no more than it is told to. */
export function push(different: Partial<Push> & { readonly added: DotSet }): LinkMessage {
  const { number = 1, from = 0 } = different;
  const whole: Push = {
    ...{ number, from, base: from === 0 ? NOTHING : undefined, hidden: NOTHING, reaped: VectorClock.empty },
    ...{ records: [], ...different },
  };
  return { kind: 'push', push: encodePush(whole) };
}

/** Frames of an exchange that the peer began. */
export function exchange(...messages: readonly Message[]): LinkMessage[] {
  return messages.flatMap((message) =>
    encodeFrames(message, 2 ** 20, 1).map((frame) => ({ kind: 'exchange', number: 1, isMine: true, frame }) as const),
  );
}

/** A hello with clocks. */
export function exchangeHello(id: string, seen: DotSet, lo = 0): Message & { readonly kind: 'hello' } {
  return {
    ...{ kind: 'hello', id, takesOnly: false, isReply: false, isDamaged: false, life: 0, met: undefined },
    ...{ live: { hi: 0, lo }, marks: undefined, seenHash: undefined, clocks: { seen, reaped: VectorClock.empty } },
  };
}

/** The records of an exchange, all in one message. */
export function recordsOf(seen: DotSet, records: readonly ExchangeRecord[]): Message {
  const body = new ByteWriter();
  const stream = new RecordWriter(seen.ids());
  for (const record of records) stream.write(body, record);
  return { kind: 'records', isLast: true, clocks: undefined, body: body.finish() };
}

/** All that is held, as text. */
export function shape({ replica }: Member): string {
  return JSON.stringify(shapeOf(replica.store));
}

/** What is held of a key, with its dots. */
export function held({ replica }: Member, key: string): readonly Version[] {
  return stateOf(replica.store).table.record(key).versions;
}

/** Its store. */
export function storeOf({ replica }: Member): VersionedKVStore<unknown> {
  return replica.store;
}
