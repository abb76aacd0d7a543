/**
 * What a durable store has changed and not committed yet, and how it becomes durable: the bytes of everything that many
 * steps changed, in one commit. Readers that cannot wait are shown what the last commit made durable. A commit that
 * failed is undone in memory; one of unknown outcome is found out about before anything else is committed.
 */

import { DotSet } from '../../clock/dot-set.ts';
import type { VectorClock } from '../../clock/vector-clock.ts';
import type { Hash64 } from '../../codec/hash.ts';
import { CausalError } from '../../errors.ts';
import type { ByteEntry, Durability, Storage } from '../../storage/storage.ts';
import type { SeenAt } from '../knowledge.ts';
import { replicaIdOf } from '../membership.ts';
import { find, type Version } from '../record.ts';
import type { DurableView, ReplicaState } from '../replica-state.ts';
import { type Cell, isSettled, toRecord } from '../table.ts';
import { DotSum } from './check.ts';
import type { Damage } from './damage.ts';
import { GroupCommit } from './group-commit.ts';
import type { IdBook } from './id-book.ts';
import { EntryWriter, KIND } from './layout.ts';
import {
  decodeMoment,
  encodeClocks,
  encodeIdentity,
  encodeMoment,
  encodePeer,
  type Identity,
  MOMENT_KEY,
  type Moment,
  peerKey,
  type StoredPeer,
} from './stored-meta.ts';
import { writeSettledRecord, writeStoredRecord } from './stored-record.ts';

/** What is true once a commit is done. */
type Durable = {
  readonly moment: Moment;
  readonly at: SeenAt;
  readonly others: DotSet;
  readonly reaped: VectorClock;
  readonly peers: ReadonlyMap<string, StoredPeer>;
  readonly identity: Identity;
  readonly idsSize: number;
};

/** Keys with what they held before they were changed. */
type Changed = ReadonlyMap<string, Cell | undefined>;

/** One commit: its bytes, and what it makes true. */
type Draft = Durable & {
  readonly puts: ByteEntry[];
  readonly deletes: Uint8Array[];
  readonly changed: Changed;
  readonly told: readonly (readonly string[])[];
  readonly isRecounted: boolean;
  readonly unlearned: DotSet;
};

export type CommitsOptions = {
  readonly storage: Storage;
  readonly ids: IdBook;
  readonly damage: Damage;
  readonly durability: Durability;
  readonly identity: Identity;
  readonly moment: Moment;
  /** Told of each key whose record is removed. */
  readonly onGone: (key: string) => void;
};

const NOTHING: Changed = new Map();

/** Gathers, commits, shows and undoes the changes of one state. */
export class Commits implements DurableView {
  readonly #state: ReplicaState;
  readonly #options: CommitsOptions;
  readonly #group = new GroupCommit(() => this.#commit());
  readonly #entries = new EntryWriter();
  #touched = new Map<string, Cell | undefined>();
  #inFlight: Changed = NOTHING;
  #told: (readonly string[])[] = [];
  /** Who the replica is from the next commit on. */
  identity: Identity;
  #durable: Durable;
  #unknown: Draft | undefined;
  #mustRecount = false;
  /** Dots that were lost to damage and are still in the clocks that are stored. */
  #unlearned = DotSet.empty;

  /** Takes the state as it was stored, and from now on notes what changes in it. */
  constructor(state: ReplicaState, options: CommitsOptions) {
    const { identity, moment, ids } = options;
    const { knowledge, membership, table } = state;
    const { others, reaped } = knowledge;
    const peers = new Map(membership.peers);
    this.#state = state;
    this.#options = options;
    this.identity = identity;
    this.#durable = { moment, at: knowledge.at(), others, reaped, peers, identity, idsSize: ids.size };
    table.touched = this.#touched;
    state.view = this;
  }

  get at(): SeenAt {
    return this.#durable.at;
  }

  isDirty(key: string): boolean {
    return this.#touched.has(key) || this.#inFlight.has(key);
  }

  /** Whether any key has changes that are not durable. */
  get isAnyDirty(): boolean {
    return this.#touched.size + this.#inFlight.size > 0;
  }

  cellOf(key: string): Cell | undefined {
    return this.#inFlight.has(key) ? this.#inFlight.get(key) : this.#touched.get(key);
  }

  tell(keys: readonly string[]): void {
    this.#told.push(keys);
  }

  /** Answers when everything changed up to now is durable. */
  request(): Promise<void> {
    return this.#group.request();
  }

  /** Answers when what was changed before by others is durable; asks for no commit of its own if one is to come. */
  settled(): Promise<void> {
    return this.#group.pending ?? this.#group.request();
  }

  /** Takes the sum over the dots anew with the next commit, which every key must be in memory for. */
  recount(): void {
    this.#mustRecount = true;
  }

  /** Takes dots out of what the replica has seen; no undoing brings them back. */
  unlearn(dots: DotSet): void {
    this.#unlearned = this.#unlearned.union(dots);
    this.#state.knowledge.lose(dots);
  }

  /** Keys with changes that are not durable. */
  dirtyKeys(): Iterable<string> {
    return new Set([...this.#touched.keys(), ...this.#inFlight.keys()]);
  }

  /** Whether nobody knows what became of the last commit. */
  get isUnsettled(): boolean {
    return this.#unknown !== undefined;
  }

  /** After a commit of unknown outcome: reads whether it happened. Throws: STORAGE_FAILED as long as nobody can tell. */
  async findOut(): Promise<void> {
    const draft = this.#unknown;
    if (draft === undefined) return;
    let sequence = -1;
    try {
      const [sealed] = await this.#options.storage.getMany([MOMENT_KEY]);
      if (sealed !== undefined) sequence = decodeMoment(sealed).sequence;
    } catch (cause) {
      throw unsettled(cause);
    }
    if (this.#unknown !== draft) return;
    this.#unknown = undefined;
    if (sequence === draft.moment.sequence) this.#done(draft);
    else this.#undo(draft, unsettled());
  }

  async #commit(): Promise<void> {
    await this.findOut();
    const draft = this.#draw();
    if (draft === undefined) return;
    try {
      await this.#options.storage.commit(draft, this.#options.durability);
    } catch (error) {
      if (error instanceof CausalError && error.outcome === 'not-done') {
        this.#undo(draft, error);
      } else {
        this.#unknown = draft;
        await this.findOut().catch(() => undefined);
      }
      throw error;
    }
    this.#done(draft);
  }

  /** Everything that changed since the last commit; undefined when nothing has. */
  #draw(): Draft | undefined {
    const { knowledge, table, collisions, mends, reapedStable, reapedByForce } = this.#state;
    const { ids, damage } = this.#options;
    const before = this.#durable;
    const changed = this.#touched;
    const puts: ByteEntry[] = [];
    const deletes: Uint8Array[] = [];
    const sum = new DotSum(before.moment.dots);
    this.#entries.reset();
    for (const [key, old] of changed) this.#drawRecord(key, old, sum);
    this.#entries.finish(puts, deletes);
    damage.heal(this.#state);
    damage.draw(puts, deletes);
    const { identity, peers } = this.#drawMeta(puts, deletes);
    const isMoved = knowledge.counter !== before.moment.counter || this.#mustRecount;
    if (puts.length === 0 && deletes.length === 0 && !isMoved) return undefined;
    puts.push(...ids.unwritten());
    const isRecounted = this.#mustRecount;
    const dots = isRecounted ? this.#recounted() : sum.value;
    this.#mustRecount = false;
    const moment: Moment = {
      ...{ sequence: before.moment.sequence + 1, counter: knowledge.counter, ids: ids.size },
      ...{ live: table.liveHash, dots },
      ...{ collisions, mends, reapedStable, reapedByForce },
    };
    puts.push(encodeMoment(moment));
    const told = this.#told;
    this.#told = [];
    this.#inFlight = changed;
    this.#touched = new Map();
    table.touched = this.#touched;
    const { others, reaped } = knowledge;
    const made = { moment, at: knowledge.at(), others, reaped, peers, identity, idsSize: ids.size };
    return { puts, deletes, changed, told, isRecounted, unlearned: this.#unlearned, ...made };
  }

  /** The record of a changed key, and the entries of the index that came or went with it. */
  #drawRecord(key: string, old: Cell | undefined, sum: DotSum): void {
    const { ids, onGone } = this.#options;
    const cell = this.#state.table.get(key);
    if (cell === undefined) {
      if (old !== undefined) this.#entries.deleteText(KIND.record, key);
      onGone(key);
    } else {
      const writer = this.#entries.beginSealed(KIND.record, key);
      if (isSettled(cell)) writeSettledRecord(writer, cell, ids);
      else writeStoredRecord(writer, cell, ids);
      this.#entries.endSealed();
    }
    // Without the lists that `versionsOf` makes for the case that is nearly every one.
    if (cell !== undefined && old === undefined && isSettled(cell)) {
      this.#drawDot(cell, sum);
      return;
    }
    const before = versionsOf(old);
    const after = versionsOf(cell);
    for (const version of after) if (find(before, version) === undefined) this.#drawDot(version, sum);
    for (const version of before) {
      if (find(after, version) !== undefined) continue;
      this.#entries.deleteDot(ids.numberOf(version.id), version.counter);
      sum.count(version, -1);
    }
  }

  #drawDot(version: Version, sum: DotSum): void {
    this.#entries.putDot(this.#options.ids.numberOf(version.id), version.counter);
    sum.count(version, 1);
  }

  #drawMeta(puts: ByteEntry[], deletes: Uint8Array[]): Pick<Durable, 'identity' | 'peers'> {
    const { identity } = this;
    const { others, reaped } = this.#state.knowledge;
    const before = this.#durable;
    if (others !== before.others || reaped !== before.reaped) puts.push(encodeClocks({ others, reaped }));
    const peers = new Map(this.#state.membership.peers);
    for (const [name, peer] of peers) if (before.peers.get(name) !== peer) puts.push(encodePeer(name, peer));
    for (const name of before.peers.keys()) if (!peers.has(name)) deletes.push(peerKey(name));
    if (identity !== before.identity) puts.push(encodeIdentity(identity));
    return { identity, peers };
  }

  #recounted(): Hash64 {
    const sum = new DotSum();
    for (const [, cell] of this.#state.table.cells()) for (const version of versionsOf(cell)) sum.count(version, 1);
    return sum.value;
  }

  #done(draft: Draft): void {
    this.#durable = draft;
    this.#inFlight = NOTHING;
    this.#options.ids.noteWritten(draft.idsSize);
    this.#options.damage.noteWritten();
    this.#unlearned = this.#unlearned.minus(draft.unlearned);
    for (const keys of draft.told) this.#state.tellNow(keys);
  }

  /** Undoes in memory what was not committed, and all that came after it; issued dots are not issued again. */
  #undo(draft: Draft, error: unknown): void {
    const { knowledge, membership, table } = this.#state;
    const { others, reaped, peers, identity } = this.#durable;
    table.touched = undefined;
    for (const [key, cell] of this.#touched) if (!draft.changed.has(key)) table.set(key, toRecord(cell));
    for (const [key, cell] of draft.changed) table.set(key, toRecord(cell));
    this.#touched = new Map();
    this.#inFlight = NOTHING;
    this.#told = [];
    table.touched = this.#touched;
    if (draft.isRecounted) this.#mustRecount = true;
    this.#options.damage.undo();
    knowledge.restore(others.union(this.#issuedBefore(identity)), knowledge.counter, reaped);
    if (!this.#unlearned.isEmpty) knowledge.lose(this.#unlearned);
    for (const name of [...membership.peers.keys(), ...peers.keys()]) membership.restore(name, peers.get(name));
    this.#group.rejectNext(error);
  }

  /** What was issued under the id of `identity`, if that is no longer the replica's own. */
  #issuedBefore({ name, incarnation }: Identity): DotSet {
    const id = replicaIdOf(name, incarnation);
    if (id === this.#state.id) return DotSet.empty;
    const own = [...this.#state.knowledge.others.ranges()].filter(([of]) => of === id);
    return own.reduce((set, [, from, to]) => set.addRange(id, from, to), DotSet.empty);
  }
}

function versionsOf(cell: Cell | undefined): readonly Version[] {
  if (cell === undefined) return [];
  return isSettled(cell) ? [cell] : cell.versions;
}

/** The error while nobody knows whether a commit happened. */
export function unsettled(cause?: unknown): CausalError {
  return new CausalError(
    'STORAGE_FAILED',
    'Cannot go on: nobody knows whether the last commit happened, try again when the storage answers',
    {},
    cause,
  );
}
