/**
 * The replica that is attacked, as this process or another holds it: known contents, a token for each name, and nobody
 * but two devices and a peer let in.
 */

import type { TimedEnv } from '../../src/env.ts';
import { openStore } from '../../src/index.ts';
import { openReplica, type Replica } from '../../src/replica/replica.ts';
import type { ReplicaEvent } from '../../src/replica/replica-types.ts';
import type { StorageEngine } from '../../src/storage/storage.ts';
import { journalOf } from '../../src/store/versioned-kv-store.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { type Shape, shapeOf } from './shape.ts';

export const KEYSPACE = 'fuzzed';

/** What proves a name to the target. */
export function tokenOf(name: string): string {
  return `the token of ${name}`;
}

/** A replica that listens, and what a test asks of it. */
export type Listening = {
  readonly replica: Replica<unknown>;
  readonly address: string;
  readonly events: readonly ReplicaEvent[];
  /** The shape of its store when all is durable and nobody is linked but these names may be; or at once. */
  readonly shape: (but: 'at once' | readonly string[]) => Promise<Shape>;
  /** What was reported of the store. */
  readonly reports: { readonly renewed: number; readonly collisions: number };
};

/** Opens it. Devices may bring their own writes only. */
export async function openListening(
  transport: Transport,
  listen: string,
  options: { readonly storage?: StorageEngine; readonly env?: TimedEnv } = {},
): Promise<Listening> {
  const reports = { renewed: 0, collisions: 0 };
  const store = await openStore<unknown>({
    ...{ name: 'target', members: ['target', 'healthy'], ...options },
    onReport: ({ kind }) => {
      if (kind === 'renewed') reports.renewed += 1;
      if (kind === 'collision') reports.collisions += 1;
    },
  });
  for (let at = 0; at < 24; at += 1) await store.put(`known/${at}`, { at, text: `what was here before, ${at}` });
  await store.put('__proto__', 'a key like any other');
  await store.delete('known/3');
  const events: ReplicaEvent[] = [];
  let address = '';
  const linked = new Set<string>();
  const waiting: (() => void)[] = [];
  const replica = await openReplica<unknown>({
    ...{ store, transports: [transport], listen: [listen], keyspace: KEYSPACE },
    ...(options.env === undefined ? {} : { env: options.env }),
    limits: { reapEveryMs: 1e8 },
    token: tokenOf('target'),
    authenticate: ({ name, token }) =>
      token === tokenOf(name) ? { mayRelay: name === 'healthy' } : { refused: 'its token is not that of its name' },
    onEvent: (event) => {
      if (event.kind === 'listening') address = event.address;
      if (event.kind === 'peer-connected') linked.add(event.peer);
      if (event.kind === 'peer-lost') {
        linked.delete(event.peer);
        for (const go of waiting.splice(0)) go();
      }
      if (events.length < 1_000) events.push(event);
    },
  });
  const lost = (): Promise<void> => new Promise((resolve) => void waiting.push(resolve));
  const shape: Listening['shape'] = async (but) => {
    while (but !== 'at once' && [...linked].some((name) => !but.includes(name))) await lost();
    // What a link brought last may still be on its way through the journal, in several steps.
    for (let turn = 0; turn < 4; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      await journalOf(store)?.write([], () => undefined);
    }
    await store.load();
    return shapeOf(store);
  };
  return { replica, address, events, shape, reports };
}
