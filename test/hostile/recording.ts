/**
 * Real conversations, written down: a replica talks with the target through everything links have, exchanges of all four
 * modes, pushes, questions, records given, and what it sent is what the fuzzer distorts afterwards.
 */

import type { TimedEnv } from '../../src/env.ts';
import { openStore } from '../../src/index.ts';
import { Random } from '../../src/random.ts';
import { type LinkMessage, LinkReader } from '../../src/replica/link-message.ts';
import { openReplica } from '../../src/replica/replica.ts';
import type { ReplicaEvent } from '../../src/replica/replica-types.ts';
import { EMPTY_RECORD } from '../../src/store/record.ts';
import { encodeReplicaRecord } from '../../src/store/replica-record-encoding.ts';
import { stateOf } from '../../src/store/versioned-kv-store.ts';
import type { Link, Transport } from '../../src/transport/transport.ts';

/** Where the target is, and how time passes for it. */
export type Place = {
  readonly transport: Transport;
  readonly address: string;
  readonly env: TimedEnv;
  readonly pass: (ms: number) => Promise<void>;
  /** Proves this name to the target. */
  readonly tokenOf: (name: string) => string;
  readonly keyspace: string;
};

/** What a peer sent over one link after its hello, whose id it used; and the modes of exchange that were met. */
export type Recording = {
  readonly id: string;
  readonly conversations: readonly (readonly LinkMessage[])[];
  readonly modes: ReadonlySet<string>;
};

/** Talks with the target as `name`, which must be let in; the seed makes its id. Throws: Error. */
export async function record(place: Place, name: string, seed: number): Promise<Recording> {
  const told: ReplicaEvent[] = [];
  return recorded(place, name, seed, told).catch((cause: unknown) => {
    const last = JSON.stringify(told.slice(-10));
    throw new Error(`a device that means well could not talk with the replica: ${cause}; it was told ${last}`);
  });
}

async function recorded(
  { transport, address, env: { now, elapsed, after }, pass, tokenOf, keyspace }: Place,
  name: string,
  seed: number,
  told: ReplicaEvent[],
): Promise<Recording> {
  const random = new Random(seed);
  const env: TimedEnv = { now, elapsed, after, random: () => random.fraction() };
  const tape: Uint8Array[][] = [];
  const modes = new Set<string>();
  const store = await openStore<unknown>({ name, env, members: [name, 'target'], onConflict: 'overwrite' });
  const replica = await openReplica<unknown>({
    ...{ store, env, transports: [tapped(transport, tape)], peers: [{ name: 'target', address }] },
    ...{ keyspace, token: tokenOf(name), limits: { reapEveryMs: 1e8, redialMs: 10 } },
    onEvent: (event) => {
      told.push(event);
      if (event.kind === 'exchanged') modes.add(event.mode);
    },
  });
  const { id } = store;
  /** Waits until one more exchange is over. */
  const exchanged = async (before: number): Promise<void> => {
    for (let turn = 0; turn < 500; turn += 1) {
      if ((await replica.status()).counters.exchanges > before) return;
      await pass(20);
    }
  };
  const count = async (): Promise<number> => (await replica.status()).counters.exchanges;
  await exchanged(0);
  for (let at = 0; at < 12; at += 1) {
    await store.put(`${name}/${at}`, { at, text: 'x'.repeat(at * 7), list: [at, 'y', null], when: new Date(at) });
    await pass(10);
  }
  await store.batch([
    { put: 'known/1', value: 'from elsewhere' },
    { put: `${name}/big`, value: 'z'.repeat(5_000) },
  ]);
  await store.delete(`${name}/3`);
  await pass(300);
  // The target may not answer yet; that it was asked is enough.
  await meanwhile(replica.get('known/2', { r: 2, timeoutMs: 100 }), pass).catch(() => undefined);
  await meanwhile(replica.exchangeAll(), pass);
  await pass(100);
  // Tombstones that are gone when the target comes to ask.
  replica.cut('target');
  await pass(50);
  await store.delete(`${name}/4`);
  await store.reap({ force: true });
  let before = await count();
  replica.heal('target');
  await exchanged(before);
  await pass(200);
  // Something lost although both have seen the same.
  replica.cut('target');
  await pass(50);
  stateOf(store).table.set(`${name}/5`, EMPTY_RECORD);
  before = await count();
  replica.heal('target');
  await exchanged(before);
  await pass(200);
  // Whoever is attacked with an empty hello answers with all there is, which is to stay little.
  await store.delete(`${name}/big`);
  await pass(100);
  const given = await Promise.all(
    ['known/1', `${name}/1`].map(async (key) => encodeReplicaRecord(await store.record(key))),
  );
  await meanwhile(replica.close({ drainMs: 0 }), pass);
  const gives = given.map((bytes, at) => ({ kind: 'give', request: at + 1, record: bytes }) as const);
  return { id, conversations: [...tape.map(messagesOf), gives].filter(({ length }) => length > 0), modes };
}

/** Lets time pass until the promise is settled. */
export async function meanwhile<T>(promise: Promise<T>, pass: Place['pass']): Promise<T> {
  let isOver = false;
  const end = (): void => {
    isOver = true;
  };
  promise.then(end, end);
  while (!isOver) await pass(20);
  return promise;
}

function messagesOf(frames: readonly Uint8Array[]): LinkMessage[] {
  const reader = new LinkReader();
  const messages: LinkMessage[] = [];
  for (const frame of frames) {
    const read = reader.read(frame);
    reader.isGreeted = true;
    messages.push(...read.filter(({ kind }) => !['hello', 'refuse', 'ping', 'pong', 'bye'].includes(kind)));
  }
  return messages;
}

function tapped(transport: Transport, tape: Uint8Array[][]): Transport {
  const connect: Transport['connect'] = async (address, options) => {
    const link = await transport.connect(address, options);
    const frames: Uint8Array[] = [];
    tape.push(frames);
    return tap(link, frames);
  };
  return { ...transport, connect };
}

function tap(link: Link, frames: Uint8Array[]): Link {
  return {
    ...{ peer: link.peer, provenName: link.provenName },
    send: (frame) => {
      frames.push(Uint8Array.from(frame));
      return link.send(frame);
    },
    close: (why) => link.close(why),
    endedBecause: () => link.endedBecause(),
    [Symbol.asyncIterator]: () => link[Symbol.asyncIterator](),
  };
}
