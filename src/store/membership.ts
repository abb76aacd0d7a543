/**
 * Who must have seen a tombstone before it is reaped, and what each of them is known to have seen. The list is
 * replicated data: a record for each name that was ever joined or retired, under a key no user can write. A wrong
 * list endangers nothing; it only decides how early reaping happens.
 */

import { DotSet } from '../clock/dot-set.ts';
import type { Value } from '../codec/value.ts';
import { INTERNAL_PREFIX } from './key.ts';
import type { StoreRecord } from './record.ts';

const MEMBER_PREFIX = `${INTERNAL_PREFIX}member/`;
const INCARNATION_MARK = '~';

/** The full id of one life of a replica. */
export function replicaIdOf(name: string, incarnation: string): string {
  return `${name}${INCARNATION_MARK}${incarnation}`;
}

/** The chosen name in a full id; an id without incarnation is its own name. */
export function nameOf(id: string): string {
  const at = id.lastIndexOf(INCARNATION_MARK);
  return at <= 0 ? id : id.slice(0, at);
}

/** The key under which the membership of a name is replicated. */
export function memberKeyOf(member: string): string {
  return `${MEMBER_PREFIX}${member}`;
}

export const MEMBER: Value = 'member';
export const RETIRED: Value = 'retired';

/** What is known of a peer: the id it was met under, what it had seen, and its life then, 0 if it told none. */
export type KnownPeer = { readonly id: string; readonly seen: DotSet; readonly life: number };

/** The life in which a peer was met last, and the newest dot of its own that it is known to have had. */
export type Met = { readonly life: number; readonly counter: number };

/** The list of members and what each peer is known to have seen. */
export class Membership {
  /** The id of the replica itself; another one when it goes on under a new incarnation. */
  self: string;
  readonly #initial: ReadonlySet<string>;
  readonly #peers = new Map<string, KnownPeer>();
  /** Names of peers that came in another life than they were met in, while no exchange with them has ended since. */
  readonly #greeted = new Set<string>();
  /** Every peer met, by name. */
  readonly peers: ReadonlyMap<string, KnownPeer> = this.#peers;

  constructor(self: string, initial: Iterable<string>) {
    this.self = self;
    this.#initial = new Set(initial);
  }

  /**
   * What this peer is known to have had and that has been fully taken in here. A new incarnation of a name starts
   * anew: what the former one had seen says nothing of it.
   */
  advance(id: string, seen: DotSet, life = 0): void {
    const name = nameOf(id);
    const known = this.#peers.get(name);
    const before = known?.id === id ? known : { id, seen: DotSet.empty, life: 0 };
    const united = before.seen.union(seen);
    if (life !== 0) this.#greeted.delete(name);
    // What it has issued by now need not be of the life in which it was met.
    const isOfAnother = this.#greeted.has(name) && united.vector.get(id) > before.seen.vector.get(id);
    const now = life !== 0 ? life : isOfAnother ? 0 : before.life;
    if (known === before && united === before.seen && now === before.life) return;
    this.#peers.set(name, { id, seen: united, life: now });
  }

  /** A peer begins to tell something in this life of it. Law: L23. */
  greet(id: string, life: number): void {
    const known = this.#peers.get(nameOf(id));
    const isAnother = life !== 0 && known?.id === id && known.life !== 0 && known.life !== life;
    if (isAnother) this.#greeted.add(nameOf(id));
    else this.#greeted.delete(nameOf(id));
  }

  /** Sets what is known of a peer to what was stored; nothing forgets it. */
  restore(name: string, peer: KnownPeer | undefined): void {
    if (peer === undefined) this.#peers.delete(name);
    else this.#peers.set(name, peer);
  }

  /** Members by name or id, as given: those the store was opened with, then joined, less retired ones. */
  list(record: (key: string) => StoreRecord, internalKeys: Iterable<string>): string[] {
    const members = new Set(this.#initial);
    for (const key of internalKeys) {
      if (!key.startsWith(MEMBER_PREFIX)) continue;
      const member = key.slice(MEMBER_PREFIX.length);
      const { versions } = record(key);
      if (versions.some((version) => version.value === MEMBER)) members.add(member);
      else if (versions.some((version) => version.value === RETIRED)) members.delete(member);
    }
    return [...members];
  }

  isSelf(member: string): boolean {
    return member === this.self || member === nameOf(this.self);
  }

  /** What a member is known to have seen; nothing for one that was never met. */
  knowledgeOf(member: string): DotSet {
    const known = this.peers.get(member) ?? this.peers.get(nameOf(member));
    return known !== undefined && (known.id === member || nameOf(known.id) === member) ? known.seen : DotSet.empty;
  }
}

/** The id under which a peer was met last, by its name or id. */
export function idOf({ peers }: Membership, peer: string): string | undefined {
  return (peers.get(nameOf(peer)) ?? peers.get(peer))?.id;
}

/** What the peer with this id is known to have seen; undefined before the first full exchange. */
export function seenBy({ peers }: Membership, id: string): DotSet | undefined {
  const known = peers.get(nameOf(id));
  return known?.id === id ? known.seen : undefined;
}
