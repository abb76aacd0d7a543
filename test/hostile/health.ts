/**
 * Whether a replica that was attacked is one that peers can live with: a peer that means well links, brings a write, and
 * soon both hold the same. What they hold is no matter: devices may supersede whatever is there.
 */

import { openStore } from '../../src/index.ts';
import { openReplica } from '../../src/replica/replica.ts';
import type { ReplicaEvent } from '../../src/replica/replica-types.ts';
import type { Target } from './attack.ts';
import { Broken } from './broken.ts';
import { meanwhile } from './recording.ts';
import { differing, shapeOf } from './shape.ts';

/** Throws: Broken, with what the peer was told, when it found no replica. */
export async function checkHealth(target: Target): Promise<void> {
  const { transport, address, env, pass, keyspace } = target;
  const store = await openStore<unknown>({ name: 'healthy', env });
  const told: ReplicaEvent[] = [];
  const replica = await openReplica<unknown>({
    ...{ store, env, transports: [transport], peers: [{ name: 'target', address }] },
    ...{ keyspace, token: target.tokenOf('healthy'), onEvent: (event) => void told.push(event) },
    limits: { reapEveryMs: 1e8 },
  });
  await store.put('healthy/1', 'here');
  let fault: string | undefined = 'never asked';
  for (let tries = 0; tries < 50 && fault !== undefined; tries += 1) {
    await pass(200);
    const there = await target.shape('at once');
    const hasArrived = there.records.some(([key]) => key === 'healthy/1');
    fault = hasArrived ? differing(shapeOf(store), there) : 'what it wrote did not arrive';
  }
  await meanwhile(replica.close({ drainMs: 0 }), pass);
  if (fault !== undefined)
    throw new Broken(`a healthy peer found no replica any more: ${fault}; ${JSON.stringify(told.slice(-20))}`);
}
