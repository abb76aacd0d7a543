/** What a replica says of itself: who it is linked with, what it counts, for whom tombstones wait. */

import type { TimedEnv } from '../env.ts';
import { isTombstone } from '../store/record.ts';
import type { ReapReport } from '../store/replica-state.ts';
import { stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { Links } from './links.ts';
import type { PeerStatus, ReplicaStatus } from './replica-types.ts';

/** The peers that are configured, linked, or members, by name. */
export function peerStatuses<T>(
  store: VersionedKVStore<T>,
  links: Links<T>,
  dialled: readonly { readonly name: string | undefined; readonly address: string; readonly isDialling: boolean }[],
): PeerStatus[] {
  const open = new Map(links.all().map((peer) => [peer.name, peer]));
  const members = store.members();
  const byName = new Map(dialled.map((one) => [one.name ?? one.address, one]));
  const names = new Set([...open.keys(), ...members, ...links.met.keys()]);
  for (const { name } of dialled) if (name !== undefined) names.add(name);
  names.delete(store.name);
  return [...names].sort().map((name): PeerStatus => {
    const peer = open.get(name);
    const met = links.met.get(name);
    const dial = byName.get(name);
    const waiting = dial?.isDialling === true ? 'connecting' : 'absent';
    return {
      ...{ name, id: peer?.id ?? met?.id, address: peer?.address ?? dial?.address },
      state: links.isCut(name) ? 'cut' : peer === undefined ? waiting : 'connected',
      isMember: members.includes(name),
      lag: peer?.lag ?? store.seen.minus(stateOf(store).membership.knowledgeOf(name)).size,
      ...{ lastSeenAt: met?.seenAt, lastExchangeAt: met?.exchangedAt },
    };
  });
}

/** For whom tombstones wait, and how long the oldest of them has. Cost: O(tombstones). */
export function tombstonesOf<T>(
  store: VersionedKVStore<T>,
  last: ReapReport | undefined,
  env: TimedEnv,
): Pick<ReplicaStatus, 'tombstones' | 'reapLagMs'> {
  const { table } = stateOf(store);
  let oldest = Number.POSITIVE_INFINITY;
  for (const key of table.graves) {
    for (const version of table.record(key).versions) if (isTombstone(version)) oldest = Math.min(oldest, version.time);
  }
  const waiting = table.graves.size;
  const waitingFor = Object.fromEntries(waiting === 0 ? [] : (last?.waitingFor ?? []));
  return { tombstones: { waiting, waitingFor }, reapLagMs: waiting === 0 ? 0 : Math.max(0, env.now() - oldest) };
}
