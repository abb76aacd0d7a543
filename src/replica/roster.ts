/**
 * Who belongs to a group: the names on the list, which follows what is joined and retired as replicated data, and which
 * of them are connected. The list may name a replica by its name or by its id, one life of it.
 */

import { DotSet } from '../clock/dot-set.ts';
import { compareText } from '../codec/text.ts';
import { MEMBER, Membership, memberKeyOf, nameOf } from '../store/membership.ts';
import { stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { ConnectedPeer, Peers } from './peers.ts';

type Connected = readonly ConnectedPeer[];
type Named = { readonly name: string; readonly id: string };

export type RosterFacts = {
  readonly changes: number;
  readonly id: string;
  readonly listed: readonly string[];
  readonly names: readonly string[];
  readonly hasSelf: boolean;
  readonly ownJoins: DotSet;
};

/** The list of a group as it is now, and who of it is there. */
export class Roster<T> {
  readonly #store: VersionedKVStore<T>;
  readonly #peers: Peers;
  /** The list the group was opened with, where that is not the store's. */
  readonly #given: Membership | undefined;
  #facts: RosterFacts | undefined;
  #there: { readonly facts: RosterFacts; readonly peers: Connected; readonly members: Connected } | undefined;

  constructor(store: VersionedKVStore<T>, peers: Peers, given?: readonly string[]) {
    this.#store = store;
    this.#peers = peers;
    this.#given = given === undefined ? undefined : new Membership(store.id, given);
  }

  /** The members as they are listed: by name or id. */
  get listed(): readonly string[] {
    return this.facts.listed;
  }

  /** The names of the members, in order. */
  get names(): readonly string[] {
    return this.facts.names;
  }

  get self(): Named {
    return { name: this.#store.name, id: this.#store.id };
  }

  get hasSelf(): boolean {
    return this.facts.hasSelf;
  }

  /** What follows from the list as it is now; the same object as long as that is the same. Measured: every call asks. */
  get facts(): RosterFacts {
    const state = stateOf(this.#store);
    const { table, id } = state;
    if (this.#facts?.changes === table.internalChanges && this.#facts.id === id) return this.#facts;
    const listed = this.#given?.list((key) => table.record(key), table.internal) ?? state.members;
    const { name } = this.#store;
    this.#facts = {
      ...{ changes: table.internalChanges, id, listed },
      names: [...new Set(listed.map(nameOf))].sort(compareText),
      hasSelf: listed.some((member) => member === name || member === id),
      ownJoins: this.joinsOf(this.self),
    };
    return this.#facts;
  }

  has({ name, id }: Named): boolean {
    return this.listed.some((member) => member === name || member === id);
  }

  /** The members to which a link is open. */
  get connected(): readonly ConnectedPeer[] {
    const { facts } = this;
    const peers = this.#peers.connected();
    // The same list for the same peers and members: every call asks for it, several times.
    if (this.#there?.facts !== facts || this.#there.peers !== peers)
      this.#there = { facts, peers, members: peers.filter((peer) => this.has(peer)) };
    return this.#there.members;
  }

  /** Replicas that are connected and on no list. */
  get strangers(): readonly ConnectedPeer[] {
    return this.#peers.connected().filter((peer) => !this.has(peer));
  }

  /** The names of members that are neither this replica nor connected. */
  get absent(): readonly string[] {
    const there = new Set([this.#store.name, ...this.connected.map(({ name }) => name)]);
    return this.names.filter((name) => !there.has(name));
  }

  /** The writes by which this replica was joined, as far as they are known here; none for one that was listed from the start. */
  joinsOf({ name, id }: Named): DotSet {
    const { table } = stateOf(this.#store);
    const versions = [name, id].flatMap((member) => table.record(memberKeyOf(member)).versions);
    return DotSet.of(versions.filter(({ value }) => value === MEMBER));
  }
}
