/**
 * What a replica tells a connected peer of its own accord, so that writes need not wait for the next exchange: a chain of
 * pushes, each building on the one before, the first on what an exchange has shown the peer to have. There is no queue:
 * what is to be told is what the replica has seen and has not told, and its records are read when a push is drawn. So a
 * slow peer costs nothing but its window.
 *
 * Writes of this replica go with their records at once. Those of others are told without, because their authors tell the
 * peer themselves; a peer that they do not reach says so, and is sent them from then on.
 */

import type { Dot } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import type { VectorClock } from '../clock/vector-clock.ts';
import { PUSH_DOTS_MAX, PUSH_WINDOW } from '../limits.ts';
import { nameOf } from '../store/membership.ts';
import type { ReplicaState } from '../store/replica-state.ts';
import { toRecord } from '../store/table.ts';
import { journalOf, stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import { encodePush, type Push } from './push-message.ts';
import { type ExchangeRecord, recordsFor } from './take-in.ts';

/**
 * What is to be done for a peer: push at once; when convenient; whenever, because the peer has all of it and only its
 * reaping waits to hear that it is here too; exchange because too much is missing; nothing.
 */
export type Due = 'now' | 'later' | 'whenever' | 'exchange' | 'nothing';

type Sent = { readonly number: number; readonly seen: DotSet };

/** What is to be told: all of it, and that of it which the peer is not known to have; and what it follows from. */
type News = {
  readonly seen: DotSet;
  readonly told: DotSet;
  readonly has: DotSet;
  readonly added: DotSet;
  readonly news: DotSet;
};

/**
 * A `Due` with everything it was reckoned from: while that is the same, it holds. What changes only together with `moves`
 * is left out.
 */
type Reckoned = {
  readonly moves: number;
  readonly seen: DotSet;
  readonly has: DotSet;
  readonly known: DotSet;
  readonly reaped: VectorClock;
  readonly id: string;
  readonly due: Due;
};

const NO_NEWS: News = {
  ...{ seen: DotSet.empty, told: DotSet.empty, has: DotSet.empty },
  ...{ added: DotSet.empty, news: DotSet.empty },
};

/** The sending end of one chain of pushes, to one peer, over one link. */
export class PushSender<T> {
  readonly #store: VersionedKVStore<T>;
  #isActive = false;
  /** Under which id of this replica the chain began. */
  #id = '';
  /** Grows whenever the chain begins, ends, is taken back or goes on: what was drawn before does not fit any more. */
  #moves = 0;
  #number = 0;
  /** The push the next one builds on; 0: none, its base is `#told`. */
  #from = 0;
  #told: DotSet = DotSet.empty;
  #toldReaped: VectorClock | undefined;
  /** What the peer had when the chain began, and the newest push of the chain that it has taken in. */
  #base: DotSet = DotSet.empty;
  #acked: Sent | undefined;
  #underWay: Sent[] = [];
  /** What the peer is known to have, through whatever. */
  #has: DotSet = DotSet.empty;
  /** Ids whose writes this peer gets through this replica. */
  readonly #relayed = new Set<string>();
  /** Everything goes with its records next time. */
  #isAsked = false;
  #toldResiduals = new Map<string, DotSet>();
  /** As reckoned last: the same is asked for when a push may be due and again when it is drawn. */
  #news: News = NO_NEWS;
  #reckoned: Reckoned | undefined;

  constructor(store: VersionedKVStore<T>) {
    this.#store = store;
  }

  get isActive(): boolean {
    return this.#isActive;
  }

  /** Whether the window has room for another push. */
  get hasRoom(): boolean {
    return this.#underWay.length < PUSH_WINDOW;
  }

  /** Begins a chain, unless one is sound: the peer has `base`, as an exchange has shown. */
  start(base: DotSet): void {
    this.heard(base);
    // Two that waited for each other once, under load, would relay for ever; whom nobody else reaches asks again.
    this.#relayed.clear();
    this.#reckoned = undefined;
    const state = stateOf(this.#store);
    if (this.#isActive && this.#isSound(state)) return;
    this.#isActive = true;
    this.#id = state.id;
    this.#moves += 1;
    this.#from = 0;
    this.#told = base;
    this.#toldReaped = undefined;
    this.#base = base;
    this.#acked = undefined;
    this.#underWay = [];
    this.#isAsked = false;
    this.#toldResiduals.clear();
  }

  /** The peer cannot follow: nothing is pushed before the next exchange. */
  stop(): void {
    this.#isActive = false;
    this.#moves += 1;
    this.#underWay = [];
    // It may have lost what it was known to have.
    this.#has = DotSet.empty;
  }

  /** The peer is known to have taken this in. Gives whether that is news. */
  heard(seen: DotSet): boolean {
    if (this.#has.covers(seen)) return false;
    this.#has = this.#has.union(seen);
    return true;
  }

  /** Whether the peer is known to have taken the dot in durably. */
  has({ id, counter }: Dot): boolean {
    return this.#has.has(id, counter);
  }

  /** How many dots this replica has seen and the peer is not known to have. */
  get lag(): number {
    return this.#store.seen.minus(this.#has).size;
  }

  /** The peer has taken in a push. Gives whether it is known to have more now. */
  acked(number: number): boolean {
    const at = this.#underWay.findIndex((sent) => sent.number === number);
    const sent = this.#underWay[at];
    if (sent === undefined) return false;
    this.#underWay = this.#underWay.slice(at + 1);
    this.#acked = sent;
    return this.heard(sent.seen);
  }

  /** The peer wants a push again with all its records; those after it too, because they build on it. */
  wanted(number: number): void {
    const sent = this.#underWay.find((push) => push.number === number);
    if (sent === undefined || !this.#isActive) return;
    const foreign = sent.seen.minus(this.#has).ids();
    for (const id of foreign) this.#relayed.add(id);
    this.#moves += 1;
    this.#underWay = [];
    this.#from = this.#acked?.number ?? 0;
    this.#told = this.#acked?.seen ?? this.#base;
    // What the peer was told of it may have been lost with what is sent again.
    this.#toldReaped = undefined;
    this.#isAsked = true;
    this.#toldResiduals.clear();
  }

  /** What is to be done now. Cost: O(ids); O(1) when nothing has moved since, as mostly: it is asked at every wake. */
  due(): Due {
    if (!this.#isActive) return 'nothing';
    const { id, knowledge } = stateOf(this.#store);
    const { seen } = this.#store;
    const { seen: known, reaped } = knowledge;
    const last = this.#reckoned;
    if (
      last?.moves === this.#moves &&
      last.seen === seen &&
      last.has === this.#has &&
      last.known === known &&
      last.reaped === reaped &&
      last.id === id
    )
      return last.due;
    const due = this.#dueNow(seen);
    this.#reckoned = { moves: this.#moves, seen, has: this.#has, known, reaped, id, due };
    return due;
  }

  #dueNow(seen: DotSet): Due {
    const state = stateOf(this.#store);
    if (!this.#isSound(state)) return 'exchange';
    const { added, news } = this.#newsIn(seen);
    if (added.isEmpty) return this.#from !== 0 && this.#isReapedNew(state) ? 'whenever' : 'nothing';
    if (news.isEmpty) return this.#isAsked ? 'now' : 'whenever';
    if (news.size > PUSH_DOTS_MAX) return 'exchange';
    return this.#isAsked || news.ids().some((id) => this.#shows(id, state)) ? 'now' : 'later';
  }

  /**
   * The bytes of the next push, when everything it says is durable; undefined when there is nothing to tell, or the
   * replica has lost records, which only an exchange can speak of. Throws: as a read of the store.
   */
  async next(): Promise<Uint8Array | undefined> {
    const journal = journalOf(this.#store);
    const moves = this.#moves;
    const draw = (): { readonly push: Push; readonly seen: DotSet } | undefined => this.#draw();
    const drawn = journal === undefined ? draw() : await journal.read('all', draw);
    // Meanwhile the chain may have been broken, or begun anew.
    if (drawn === undefined || !this.#isActive || this.#moves !== moves) return undefined;
    // The dot of a write that was refused is not issued again, which is durable with the next commit only. Law: L1, L2.
    if (!this.#store.seen.covers(drawn.seen)) return undefined;
    this.#moves += 1;
    const { push, seen } = drawn;
    const { number, records, reaped } = push;
    this.#number = number;
    this.#from = number;
    this.#told = seen;
    if (reaped !== undefined) this.#toldReaped = reaped;
    this.#isAsked = false;
    this.#underWay.push({ number, seen });
    for (const { key, residual } of records) if (!residual.isEmpty) this.#toldResiduals.set(key, residual);
    return encodePush(push);
  }

  #draw(): { readonly push: Push; readonly seen: DotSet } | undefined {
    const state = stateOf(this.#store);
    if (state.damaged.size > 0 || !this.#isSound(state)) return undefined;
    state.stripResiduals();
    state.knowledge.noteTold();
    const { seen, reaped } = state.knowledge;
    const { added, news } = this.#newsIn(seen);
    const isReapedNew = this.#isReapedNew(state);
    if (added.isEmpty && !isReapedNew) return undefined;
    // More may have come in since it was due: that is for an exchange, and each dot is looked at below.
    if (news.size > PUSH_DOTS_MAX) return undefined;
    const isShown = (id: string): boolean => this.#isAsked || this.#shows(id, state);
    const shown = news.ids().every(isShown) ? news : DotSet.of([...news].filter(({ id }) => isShown(id)));
    const push: Push = {
      number: this.#number + 1,
      from: this.#from,
      base: this.#from === 0 ? this.#told : undefined,
      added,
      hidden: added.minus(shown),
      reaped: isReapedNew ? reaped : undefined,
      records: this.#records(state, shown),
    };
    return { push, seen };
  }

  /** Dot sets do not change, so that while the same ones are here the answer is the same too. */
  #newsIn(seen: DotSet): News {
    const last = this.#news;
    if (last.seen === seen && last.told === this.#told && last.has === this.#has) return last;
    const added = seen.minus(this.#told);
    this.#news = { seen, told: this.#told, has: this.#has, added, news: added.minus(this.#has) };
    return this.#news;
  }

  /** What the peer must be shown; a residual that was told along this chain is not told again. */
  #records(state: ReplicaState, shown: DotSet): ExchangeRecord[] {
    const records = recordsFor(state, shown, this.#told);
    if (state.table.unsettled.size === 0) {
      this.#toldResiduals.clear();
      return records;
    }
    return records.filter(({ key, versions, residual }) => {
      if (versions.some(({ id, counter }) => shown.has(id, counter))) return true;
      return this.#toldResiduals.get(key)?.equals(toRecord(state.table.get(key)).residual) !== true || residual.isEmpty;
    });
  }

  /**
   * Whether this replica has still seen all that it has told. It has not when it goes on under another id because of a
   * living copy of it, or when it lost records: what it said it had would then pass for superseded.
   */
  #isSound({ id, knowledge }: ReplicaState): boolean {
    return id === this.#id && knowledge.seen.covers(this.#told);
  }

  #isReapedNew({ knowledge: { reaped } }: ReplicaState): boolean {
    return this.#toldReaped?.equals(reaped) !== true;
  }

  /** Whether writes of this id go to the peer with their records unasked. */
  #shows(id: string, state: ReplicaState): boolean {
    return nameOf(id) === nameOf(state.id) || this.#relayed.has(id);
  }
}
