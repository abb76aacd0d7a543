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
import type { Quorum } from './quorum.ts';
import type { Roster, RosterFacts } from './roster.ts';

/** What this replica knows of how far it, and others, have caught up. */
export class CaughtUp<T> {
  readonly #store: VersionedKVStore<T>;
  readonly #roster: Roster<T>;
  readonly #quorum: Pick<Quorum, 'r' | 'w'>;
  /** Peers with which an exchange was finished in this process. */
  readonly #exchanged: Set<string> = new Set<string>();
  /** With how many others it was found to have caught up, by the circumstances: once it has, it has for good. */
  readonly #found: Map<string, number> = new Map<string, number>();
  /** The last of them, told without being put into words. */
  #last: { readonly facts: RosterFacts; readonly hadFormerLife: boolean; readonly count: number } | undefined;

  /** `quorum`: the R and W of the group, which a call may have others than. */
  constructor(store: VersionedKVStore<T>, roster: Roster<T>, quorum: Pick<Quorum, 'r' | 'w'>) {
    this.#store = store;
    this.#roster = roster;
    this.#quorum = quorum;
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
   * What a read of `r` promises to see has a W of at least N − R + 1, so then R others are enough. Unless told, what the
   * group was opened with is served: reads of its R, and writes of its W.
   */
  isSelf(r?: number): boolean {
    const enough = r ?? Math.max(this.#quorum.r, this.#roster.names.length - this.#quorum.w + 1);
    return this.#othersTakenIn(enough) >= enough;
  }

  /** How many others this replica has caught up with: without limit if with all, or if there is nothing to take in. */
  #othersTakenIn(enough: number): number {
    const { name, id } = this.#store;
    const { facts } = this.#roster;
    const joins = facts.ownJoins;
    const hadFormerLife = this.#store.seen
      .ids()
      .some((other) => other !== id && other.startsWith(name) && nameOf(other) === name);
    if (this.#last?.facts === facts && this.#last.hadFormerLife === hadFormerLife && this.#last.count >= enough)
      return this.#last.count;
    const isNew = hadFormerLife || !joins.isEmpty;
    const circumstances = JSON.stringify([id, hadFormerLife, joins]);
    const found = this.#found.get(circumstances) ?? 0;
    if (found >= enough) {
      this.#last = { facts, hadFormerLife, count: found };
      return found;
    }
    const others = this.#roster.names.filter((member) => member !== name);
    const { membership } = stateOf(this.#store);
    const met = others.filter((member) => {
      const had = membership.peers.get(member)?.seen;
      if (had !== undefined && !had.isEmpty) return had.covers(joins);
      return joins.isEmpty && this.#exchanged.has(member) && this.#store.seen.isEmpty;
    });
    const needed = isNew ? others.length : Math.min(1, others.length);
    const count = Math.max(found, met.length >= needed ? Number.POSITIVE_INFINITY : met.length);
    this.#found.set(circumstances, count);
    this.#last = { facts, hadFormerLife, count };
    return count;
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
