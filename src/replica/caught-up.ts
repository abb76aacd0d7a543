/**
 * Whether a replica's answer may count for R. What it says of a key is true at any time, but a quorum is a sum: a
 * replica counts because it holds what it once acknowledged, or what the one acknowledged in whose place it is. One that
 * lost its data, or was joined while others already held some, counts only after it has taken in what so many others
 * had, since it was joined, that no acknowledged write can have escaped it. docs/semantics.md, section "Groups".
 */

import { CausalError } from '../errors.ts';
import { nameOf } from '../store/membership.ts';
import type { ReplicaRecord } from '../store/replica-record.ts';
import { stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { ConnectedPeer } from './peers.ts';
import type { Roster, RosterFacts } from './roster.ts';

/** What this replica knows of how far it, and others, have caught up. */
export class CaughtUp<T> {
  readonly #store: VersionedKVStore<T>;
  readonly #roster: Roster<T>;
  readonly #w: number;
  /** Peers with which an exchange was finished in this process. */
  readonly #exchanged: Set<string> = new Set<string>();
  /** The circumstances under which it was found to have caught up: once it has, it has for good. */
  readonly #found: Set<string> = new Set<string>();
  /** The last of them, told without being put into words. */
  #last: { readonly facts: RosterFacts; readonly hadFormerLife: boolean } | undefined;

  /** `w`: how many replicas have a write before it counts as acknowledged. */
  constructor(store: VersionedKVStore<T>, roster: Roster<T>, w: number) {
    this.#store = store;
    this.#roster = roster;
    this.#w = w;
  }

  /** An exchange with this peer is over, and ended well. */
  noteExchanged(peer: string): void {
    this.#exchanged.add(peer);
    this.isSelf();
  }

  /**
   * Whether this replica's own answers count. One that was listed from the start has lost nothing: it must only have met
   * one other, who would have told it of having been joined, or of a former life. Any other must have taken in what
   * N − W + 1 others had: of those that hold an acknowledged write one may be gone, so W − 1 of N − 1 others have it.
   */
  isSelf(): boolean {
    const { name, id } = this.#store;
    const { facts } = this.#roster;
    const joins = facts.ownJoins;
    const hadFormerLife = this.#store.seen
      .ids()
      .some((other) => other !== id && other.startsWith(name) && nameOf(other) === name);
    if (this.#last?.facts === facts && this.#last.hadFormerLife === hadFormerLife) return true;
    const isNew = hadFormerLife || !joins.isEmpty;
    const circumstances = JSON.stringify([id, hadFormerLife, joins]);
    if (this.#found.has(circumstances)) {
      this.#last = { facts, hadFormerLife };
      return true;
    }
    const others = this.#roster.names.filter((member) => member !== name);
    const needed = isNew ? Math.min(others.length + 1 - this.#w + 1, others.length) : Math.min(1, others.length);
    const { membership } = stateOf(this.#store);
    const met = others.filter((member) => {
      const had = membership.peers.get(member)?.seen;
      if (had !== undefined && !had.isEmpty) return had.covers(joins);
      return joins.isEmpty && this.#exchanged.has(member) && this.#store.seen.isEmpty;
    });
    if (met.length < Math.max(needed, Math.min(1, others.length))) return false;
    this.#found.add(circumstances);
    this.#last = { facts, hadFormerLife };
    return true;
  }

  /** As `isSelf`, for a replica that was asked by others: who knows of none of them, nor ever met one, is new to them. */
  mayAnswer(): boolean {
    const { membership } = stateOf(this.#store);
    const hasMet = this.#exchanged.size > 0 || [...membership.peers.values()].some(({ seen }) => !seen.isEmpty);
    return hasMet && this.isSelf();
  }

  /** Whether a peer's answer shows that it has heard of having been joined; then it judges itself whether it may answer. */
  hasHeard(peer: ConnectedPeer, { context }: ReplicaRecord): boolean {
    return context.covers(this.#roster.joinsOf(peer));
  }
}

/** What a replica says instead of an answer that would not count. */
export function notCaughtUp(id: string): CausalError {
  return new CausalError('BEHIND', `Cannot answer for the group: "${id}" has not caught up with it yet, ask again`, {
    id,
  });
}
