/** Replicas of one process, over the memory transport and virtual time. */

import { openStore } from '../../src/index.ts';
import { openReplica, type Replica } from '../../src/replica/replica.ts';
import type { ReplicaEvent, ReplicaOptions } from '../../src/replica/replica-types.ts';
import type { StoreOptions, VersionedKVStore } from '../../src/store/index.ts';
import { type MemoryTransport, memoryTransport } from '../../src/transport/memory.ts';
import { FakeEnv } from './fake-env.ts';

export type Member = { readonly replica: Replica<unknown>; readonly events: ReplicaEvent[] };

export class Cluster {
  readonly env: FakeEnv = new FakeEnv();
  readonly net: MemoryTransport = memoryTransport();
  readonly #open: Replica<unknown>[] = [];

  /** Opens a replica that listens at `memory:NAME` and dials `peers`. */
  async open(
    name: string,
    peers: readonly string[],
    options: Partial<ReplicaOptions<unknown>> = {},
    storeOptions: StoreOptions<unknown> = {},
  ): Promise<Member> {
    const store: VersionedKVStore<unknown> =
      options.store ?? (await openStore<unknown>({ name, env: this.env, members: [name], ...storeOptions }));
    const events: ReplicaEvent[] = [];
    const replica = await openReplica<unknown>({
      ...{ store, env: this.env, transports: [this.net.at(`memory:${name}`)], listen: [`memory:${name}`] },
      peers: peers.map((peer) => ({ name: peer, address: `memory:${peer}` })),
      onEvent: (event) => events.push(event),
      ...options,
    });
    this.#open.push(replica);
    await this.env.settle();
    return { replica, events };
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((replica) => replica.close({ drainMs: 0 })));
  }
}
