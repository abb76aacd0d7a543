/**
 * What a peer may bring: no more than the limits of this replica, and, if it may not relay, no writes but its own. A peer
 * that brings more is refused before anything of it is taken in. Law: L21.
 */

import type { DotSet } from '../clock/dot-set.ts';
import { CausalError } from '../errors.ts';
import type { Admit } from '../repair/take-in.ts';
import { isDerived, isSameWrite } from '../store/collision.ts';
import { nameOf } from '../store/membership.ts';
import { find, type Version } from '../store/record.ts';
import type { ReplicaState } from '../store/replica-state.ts';
import { stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { PeerGrant, ReplicaLimits } from './replica-types.ts';

/** The judge of what the peer with this id brings. Throws, when called: FORBIDDEN, LIMIT_EXCEEDED. */
export function admission<T>(
  store: VersionedKVStore<T>,
  peerId: string,
  grant: PeerGrant,
  limits: Pick<ReplicaLimits, 'clockEntriesMax' | 'siblingsMax'>,
): Admit {
  return (peerSeen, records, isMend = false) => {
    const state = stateOf(store);
    const { seen } = state.knowledge;
    const news = peerSeen.minus(seen);
    // What is known here grows by what a peer claims: that is bounded too, not each claim alone.
    checkEntries(peerId, news.isEmpty ? peerSeen : seen.union(peerSeen), limits.clockEntriesMax);
    for (const { key, versions, residual } of records) {
      if (!residual.isEmpty) checkEntries(peerId, residual, limits.clockEntriesMax);
      if (versions.length <= limits.siblingsMax) continue;
      throw exceeded(peerId, `${versions.length} siblings of ${JSON.stringify(key)}`, limits.siblingsMax);
    }
    if (grant.mayRelay) return;
    const name = nameOf(peerId);
    // A residual that is held here came from here, or says no more than what came from here.
    const claimed = records.reduce(
      (all, { key, residual }) =>
        residual.isEmpty ? all : all.union(residual.minus(seen).minus(state.table.record(key).residual)),
      news,
    );
    const foreign = claimed.ids().find((id) => nameOf(id) !== name);
    if (foreign !== undefined) throw mayNotRelay(peerId, foreign);
    for (const { key, versions } of records) {
      const forged = versions.find((version) => nameOf(version.id) !== name && !isKnown(state, key, version, isMend));
      if (forged !== undefined) throw mayNotRelay(peerId, forged.id);
    }
  };
}

/**
 * Whether a write of somebody else is the one that is held here; or, since it was seen, superseded here, so that nothing
 * becomes of it. Where lost writes are brought back, it would be brought back as whatever the peer says it was.
 */
function isKnown({ table, knowledge }: ReplicaState, key: string, version: Version, isMend: boolean): boolean {
  const { versions } = table.record(key);
  const held = find(versions, version);
  if (held !== undefined) return isSameWrite(held, version);
  // Within a residual it would be taken for seen, and might be a write of another key.
  if (isMend || !knowledge.has(version.id, version.counter)) return false;
  return !versions.some(isDerived) && !table.isUnderOtherKey(version.id, version.counter, key);
}

function checkEntries(peer: string, clock: DotSet, max: number): void {
  let entries = 0;
  for (const _ of clock.ranges()) {
    entries += 1;
    if (entries > max) throw exceeded(peer, `a clock of over ${max} ids and ranges`, max);
  }
}

function mayNotRelay(peer: string, id: string): CausalError {
  return new CausalError('FORBIDDEN', `Cannot take in what "${peer}" brings: it may not relay writes of "${id}"`, {
    peer,
    id,
  });
}

function exceeded(peer: string, what: string, max: number): CausalError {
  return new CausalError('LIMIT_EXCEEDED', `Cannot take in what "${peer}" brings: ${what}, the limit is ${max}`, {
    peer,
    max,
  });
}
