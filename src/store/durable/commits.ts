/**
 * What a durable store has changed and not committed yet, and how it becomes durable: the bytes of everything that many
 * steps changed, in one commit. Readers that cannot wait are shown what the last commit made durable. A commit that
 * failed is undone in memory; one of unknown outcome is found out about before anything else is committed.
 */

import { DotSet } from '../../clock/dot-set.ts';
import { CausalError } from '../../errors.ts';
import type { Durability, Storage } from '../../storage/storage.ts';
import type { SeenAt } from '../knowledge.ts';
import type { DurableView, ReplicaState } from '../replica-state.ts';
import { type Cell, toRecord } from '../table.ts';
import { type Changed, Drafter, type DrafterOptions, type Drawn, type Durable, type Tidying } from './draft.ts';
import { GroupCommit } from './group-commit.ts';
import { peerUndone, unlearn } from './steps.ts';
import { decodeMoment, type Identity, MOMENT_KEY, type Moment } from './stored-meta.ts';

/** One commit: its bytes, and what it makes true. */
type Draft = Drawn & {
  readonly changed: Changed;
  readonly told: readonly (readonly string[])[];
  readonly isRecounted: boolean;
  readonly unlearned: DotSet;
};

export type CommitsOptions = DrafterOptions & {
  readonly storage: Storage;
  readonly durability: Durability;
  readonly identity: Identity;
  readonly moment: Moment;
  /** Called when a commit is done. */
  readonly onDone: () => void;
};

const NOTHING: Changed = new Map();

/** Gathers, commits, shows and undoes the changes of one state. */
export class Commits implements DurableView {
  readonly #state: ReplicaState;
  readonly #options: CommitsOptions;
  readonly #group = new GroupCommit(() => this.#commit());
  readonly #drafter: Drafter;
  #touched = new Map<string, Cell | undefined>();
  #inFlight: Changed = NOTHING;
  #told: (readonly string[])[] = [];
  /** Who the replica is from the next commit on. */
  identity: Identity;
  #durable: Durable;
  #unknown: Draft | undefined;
  #mustRecount = false;
  #isThorough = false;
  #tidying: Tidying | undefined;
  /** How often changes were undone. */
  undone = 0;
  /** The counter under which each id was given up that is not given up on disk yet. */
  readonly #givenUp = new Map<string, number>();
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
    this.#drafter = new Drafter(state, options);
    this.identity = identity;
    this.#durable = { moment, at: knowledge.at(), others, reaped, peers, identity, idsSize: ids.size };
    table.touched = this.#touched;
    state.view = this;
  }

  get at(): SeenAt {
    return this.#durable.at;
  }

  /** What the last commit wrote. */
  get moment(): Moment {
    return this.#durable.moment;
  }

  isDirty(key: string): boolean {
    return this.#touched.has(key) || this.#inFlight.has(key);
  }

  /** Whether any key has changes that are not durable, or something was learned that is not. */
  get isAnyDirty(): boolean {
    const { others, reaped } = this.#state.knowledge;
    const isTold = others !== this.#durable.others || reaped !== this.#durable.reaped;
    return isTold || this.#touched.size + this.#inFlight.size > 0;
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

  /** As `request`, with what has no hurry. */
  requestAll(): Promise<void> {
    this.#isThorough = true;
    return this.request();
  }

  /** Answers when what was changed before by others is durable; asks for no commit of its own if one is to come. */
  settled(): Promise<void> {
    return this.#group.pending ?? this.#group.request();
  }

  /** Takes the sum over the dots anew with the next commit, which every key must be in memory for. */
  recount(): void {
    this.#mustRecount = true;
  }

  /** Answers when names that were written anew are durable, with whatever else is to be committed. */
  carry(tidying: Tidying): Promise<void> {
    this.#tidying = tidying;
    return this.request();
  }

  /** The id is about to be given up. */
  noteRename(): void {
    const { id, counter } = this.#state.knowledge;
    this.#givenUp.set(id, counter);
  }

  /** Takes dots out of what the replica has seen; no undoing brings them back. */
  unlearn(dots: DotSet): void {
    this.#unlearned = this.#unlearned.union(dots);
    unlearn(this.#state.knowledge, dots);
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
    if (sequence === draft.made.moment.sequence) this.#done(draft);
    else this.#undo(draft.changed, draft.isRecounted, unsettled());
  }

  async #commit(): Promise<void> {
    const undone = this.undone;
    await this.findOut();
    if (undone !== this.undone) throw unsettled();
    const draft = this.#drawOrUndo();
    if (draft === undefined) return;
    try {
      await this.#options.storage.commit(draft, this.#options.durability);
    } catch (error) {
      if (error instanceof CausalError && error.outcome === 'not-done') {
        this.#undo(draft.changed, draft.isRecounted, error);
      } else {
        this.#unknown = draft;
        await this.findOut().catch(() => undefined);
      }
      throw error;
    }
    this.#done(draft);
  }

  #drawOrUndo(): Draft | undefined {
    try {
      return this.#draw();
    } catch (error) {
      this.#undo(NOTHING, false, error);
      throw error;
    }
  }

  /** Everything that changed since the last commit; undefined when nothing has. */
  #draw(): Draft | undefined {
    const { table } = this.#state;
    const before = this.#durable;
    const changed = this.#touched;
    const isRecounted = this.#mustRecount;
    const { identity } = this;
    const due = {
      before,
      changed,
      identity,
      mustRecount: isRecounted,
      tidying: this.#tidying,
      isThorough: this.#isThorough,
    };
    const drawn = this.#drafter.draw(due);
    this.#isThorough = false;
    if (drawn === undefined) return undefined;
    this.#mustRecount = false;
    this.#tidying = undefined;
    const told = this.#told;
    this.#told = [];
    this.#inFlight = changed;
    this.#touched = new Map();
    table.touched = this.#touched;
    const { made, puts, deletes } = drawn;
    return { made, puts, deletes, changed, told, isRecounted, unlearned: this.#unlearned };
  }

  #done(draft: Draft): void {
    const { ids, damage, mends, onDone } = this.#options;
    this.#durable = draft.made;
    if (draft.made.identity === this.identity) this.#givenUp.clear();
    this.#inFlight = NOTHING;
    ids.noteWritten(draft.made.idsSize);
    damage.noteWritten();
    mends.noteWritten();
    if (!draft.unlearned.isEmpty) this.#unlearned = this.#unlearned.minus(draft.unlearned);
    for (const keys of draft.told) this.#state.tellNow(keys);
    onDone();
  }

  /** Undoes in memory what was not committed, and all that came after it; issued dots are not issued again. */
  #undo(changed: Changed, wasRecounted: boolean, error: unknown): void {
    const { knowledge, membership, table } = this.#state;
    const { others, reaped, peers } = this.#durable;
    this.undone += 1;
    table.touched = undefined;
    for (const [key, cell] of this.#touched) if (!changed.has(key)) table.set(key, toRecord(cell));
    for (const [key, cell] of changed) table.set(key, toRecord(cell));
    this.#touched = new Map();
    this.#inFlight = NOTHING;
    this.#told = [];
    this.#tidying = undefined;
    table.touched = this.#touched;
    if (wasRecounted) this.#mustRecount = true;
    this.#options.damage.undo();
    // What was issued under an id that was given up meanwhile stays issued.
    const issued = [...this.#givenUp].filter(([, counter]) => counter > 0);
    const known = issued.reduce((set, [id, counter]) => set.addRange(id, 1, counter), others);
    knowledge.restore(known, knowledge.counter, reaped);
    if (!this.#unlearned.isEmpty) unlearn(knowledge, this.#unlearned);
    for (const name of [...membership.peers.keys(), ...peers.keys()])
      membership.restore(name, peerUndone(membership.peers.get(name), peers.get(name)));
    this.#group.rejectNext(error);
  }
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
