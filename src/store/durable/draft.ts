/**
 * Draws a commit: the bytes of everything that changed in a state since the last one, and what is true once they are
 * durable. Changes nothing but what it keeps to draw the next one with.
 */

import type { DotSet } from '../../clock/dot-set.ts';
import type { VectorClock } from '../../clock/vector-clock.ts';
import type { Hash64 } from '../../codec/hash.ts';
import type { ByteEntry } from '../../storage/storage.ts';
import type { SeenAt } from '../knowledge.ts';
import { find, type Version } from '../record.ts';
import type { ReplicaState } from '../replica-state.ts';
import { type Cell, isSettled } from '../table.ts';
import type { Damage } from './damage.ts';
import { DotSum } from './dot-sum.ts';
import { EntryWriter } from './entry-writer.ts';
import type { IdBook } from './id-book.ts';
import { KIND, namesKey } from './layout.ts';
import type { NameMends } from './name-mends.ts';
import { NameWriter } from './names.ts';
import {
  encodeClocks,
  encodeIdentity,
  encodeLives,
  encodePeer,
  type Identity,
  MOMENT,
  type Moment,
  peerKey,
  type StoredPeer,
  writeMoment,
} from './stored-meta.ts';
import { writeSettledRecord, writeStoredRecord } from './stored-record.ts';

/** What is true once a commit is done. */
export type Durable = {
  readonly moment: Moment;
  readonly at: SeenAt;
  readonly others: DotSet;
  readonly reaped: VectorClock;
  readonly peers: ReadonlyMap<string, StoredPeer>;
  readonly identity: Identity;
  readonly idsSize: number;
};

/** Keys with what they held before they were changed. */
export type Changed = ReadonlyMap<string, Cell | undefined>;

/** Names that are written anew, to be carried by any commit; `dropped`: how many stale ones went. */
export type Tidying = {
  readonly puts: readonly ByteEntry[];
  readonly deletes: readonly Uint8Array[];
  readonly named: number;
  readonly dropped: number;
};

/** What a commit is drawn from, beside the state. */
export type Due = {
  readonly before: Durable;
  readonly changed: Changed;
  readonly identity: Identity;
  /** The sum over the dots is taken anew. */
  readonly mustRecount: boolean;
  readonly tidying: Tidying | undefined;
  /** Whether what a peer has seen beyond what was known of it is worth a commit of its own. */
  readonly isThorough: boolean;
};

export type Drawn = { readonly made: Durable; readonly puts: ByteEntry[]; readonly deletes: Uint8Array[] };

export type DrafterOptions = {
  readonly ids: IdBook;
  readonly damage: Damage;
  readonly mends: NameMends;
  /** Told of each key whose record is removed. */
  readonly onGone: (key: string) => void;
};

/** As many bytes of names are left to the next commit; and from so many on names are cut. */
const TAIL_BYTES_MAX = 256;
/** Every so many commits what was learned of peers goes with one. */
const LEARNED_EVERY = 8;
const NAMES_BYTES_MAX = 16 * 1024;

/** Draws the commits of one state. */
export class Drafter {
  readonly #state: ReplicaState;
  readonly #options: DrafterOptions;
  readonly #entries = new EntryWriter();
  readonly #names = new NameWriter();
  readonly #sum = new DotSum();
  #sequence = 0;
  #part = 0;

  constructor(state: ReplicaState, options: DrafterOptions) {
    this.#state = state;
    this.#options = options;
  }

  /** The commit; undefined when there is nothing to commit. */
  draw({ before, changed, identity, mustRecount, tidying, isThorough }: Due): Drawn | undefined {
    const { knowledge, table, collisions, mends, reapedStable, reapedByForce } = this.#state;
    const { ids, damage } = this.#options;
    const puts: ByteEntry[] = [];
    const deletes: Uint8Array[] = [];
    const names = this.#names;
    this.#sequence = before.moment.sequence + 1;
    this.#part = 0;
    this.#entries.reset();
    this.#sum.begin(before.moment.dots);
    names.begin(before.moment.names);
    this.#options.mends.draw(names);
    // Before anything is named: a dot that goes from one key to another is named by the latter.
    for (const [key, old] of changed) if (old !== undefined) this.#unname(old, table.get(key));
    for (const [key, old] of changed) this.#drawRecord(key, old);
    this.#entries.finish(puts, deletes);
    damage.heal(this.#state);
    damage.draw(puts, deletes);
    this.#drawMeta(before, identity, puts);
    const learned: ByteEntry[] = [];
    const isTurn = this.#sequence % LEARNED_EVERY === 0;
    const peers = this.#drawPeers(before, isThorough ? puts : isTurn ? learned : undefined, puts, deletes);
    if (tidying !== undefined) {
      puts.push(...tidying.puts);
      deletes.push(...tidying.deletes);
    }
    const isMoved = knowledge.counter !== before.moment.counter || mustRecount;
    const isRenamed = names.length !== before.moment.names.bytes.length;
    if (puts.length === 0 && deletes.length === 0 && !isMoved && !isRenamed) return undefined;
    puts.push(...learned);
    for (const entry of ids.unwritten()) puts.push(entry);
    if (names.length > TAIL_BYTES_MAX) this.#cutNames();
    // Written out: of objects put together from others a single put noticed.
    const moment: Moment = {
      sequence: this.#sequence,
      counter: knowledge.counter,
      ids: ids.size,
      live: table.liveHash,
      marks: table.areMarksWhole && table.residuals === 0 ? table.marks : undefined,
      dots: mustRecount ? this.#recounted() : this.#sum.value,
      collisions,
      mends,
      reapedStable,
      reapedByForce,
      named: Math.max(0, before.moment.named + names.added + (tidying?.named ?? 0)),
      stale: Math.max(0, before.moment.stale + names.unnamed - (tidying?.dropped ?? 0)),
      names: names.finish(),
    };
    writeMoment(this.#entries.begin(KIND.meta, MOMENT), moment);
    this.#entries.end();
    this.#entries.finish(puts, deletes);
    const { others, reaped } = knowledge;
    const made = { moment, at: knowledge.at(), others, reaped, peers, identity, idsSize: ids.size };
    return { made, puts, deletes };
  }

  /** What a changed key holds no more is named no more. */
  #unname(old: Cell, cell: Cell | undefined): void {
    const after = versionsOf(cell);
    for (const version of versionsOf(old)) {
      if (find(after, version) !== undefined) continue;
      this.#names.unname(this.#options.ids.numberOf(version.id), version.counter);
      this.#sum.count(version, -1);
    }
  }

  /** The record of a changed key, and the names of what came with it. */
  #drawRecord(key: string, old: Cell | undefined): void {
    const { ids, onGone } = this.#options;
    const entries = this.#entries;
    const cell = this.#state.table.get(key);
    if (cell === undefined) {
      if (old !== undefined) entries.delete(KIND.record, key);
      onGone(key);
      return;
    }
    const writer = entries.begin(KIND.record, key);
    if (isSettled(cell)) writeSettledRecord(writer, cell, ids);
    else writeStoredRecord(writer, cell, ids);
    entries.end();
    // Without the lists that `versionsOf` makes for the case that is nearly every one.
    if (old === undefined && isSettled(cell)) {
      this.#name(key, cell);
      return;
    }
    const before = versionsOf(old);
    for (const version of versionsOf(cell)) if (find(before, version) === undefined) this.#name(key, version);
  }

  #name(key: string, version: Version): void {
    this.#names.name(this.#options.ids.numberOf(version.id), version.counter, key);
    this.#sum.count(version, 1);
    if (this.#names.length > NAMES_BYTES_MAX) this.#cutNames();
  }

  /** Gives the names that there are an entry of their own. */
  #cutNames(): void {
    this.#names.cut(this.#entries.beginAt(namesKey(this.#sequence, this.#part)));
    this.#entries.end();
    this.#part += 1;
  }

  #drawMeta(before: Durable, identity: Identity, puts: ByteEntry[]): void {
    const { others, reaped } = this.#state.knowledge;
    if (others !== before.others || reaped !== before.reaped) puts.push(encodeClocks({ others, reaped }));
    if (identity !== before.identity) puts.push(encodeIdentity(identity), encodeLives(identity));
  }

  /**
   * What is known of peers. That one has seen more of others than was known goes to `learned`, or waits: who forgets it
   * reaps later and no more. Whom nobody had met goes to `puts`, and what a peer told of its own writes: who forgets that
   * cannot tell a copy of it how far its life went. Law: L23.
   */
  #drawPeers(
    before: Durable,
    learned: ByteEntry[] | undefined,
    puts: ByteEntry[],
    deletes: Uint8Array[],
  ): ReadonlyMap<string, StoredPeer> {
    const { peers } = this.#state.membership;
    let made: Map<string, StoredPeer> | undefined;
    for (const [name, peer] of peers) {
      const known = before.peers.get(name);
      if (known === peer) continue;
      const isMet = known?.id === peer.id && known.life === peer.life;
      const isOfItself = known?.seen.vector.get(peer.id) !== peer.seen.vector.get(peer.id);
      const into = isMet && !isOfItself ? learned : puts;
      if (into === undefined) continue;
      into.push(encodePeer(name, peer));
      made ??= new Map(before.peers);
      made.set(name, peer);
    }
    for (const name of before.peers.keys()) {
      if (peers.has(name)) continue;
      deletes.push(peerKey(name));
      made ??= new Map(before.peers);
      made.delete(name);
    }
    return made ?? before.peers;
  }

  #recounted(): Hash64 {
    const sum = new DotSum();
    for (const [, cell] of this.#state.table.cells()) for (const version of versionsOf(cell)) sum.count(version, 1);
    return sum.value;
  }
}

function versionsOf(cell: Cell | undefined): readonly Version[] {
  if (cell === undefined) return [];
  return isSettled(cell) ? [cell] : cell.versions;
}
