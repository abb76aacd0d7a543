/**
 * The observer of a run: knows every write by the moment it was issued, with what its author knew then, and judges by
 * that whatever a replica shows. What a replica has taken in is read off the contexts it gives; that it then shows just
 * the writes that no other of them supersedes is judged with sets, and with nothing of what production makes of clocks.
 * Laws: L1, L4, L6 to L12, L17, L19, L20.
 */

import { type Dot, formatDot } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import { CausalError } from '../errors.ts';
import { isInternalKey } from '../store/key.ts';
import { nameOf } from '../store/membership.ts';
import type { ReapReport } from '../store/replica-state.ts';
import type { Sibling } from '../store/resolve.ts';
import { stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import { Copies } from './copies.ts';
import { type KnownSet, knownSet } from './known-set.ts';
import { Losses } from './losses.ts';
import {
  describe,
  hasDot,
  isHeldBeside,
  isSuperseded,
  type Operation,
  OperationBook,
  tell,
  textIn,
  told,
  type Violation,
  writtenIn,
} from './operation-book.ts';
import type { SimProcess } from './process.ts';
import { contextIn, isKnownIn, isLoaded, isSeenIn } from './taken-in.ts';

export type { Violation } from './operation-book.ts';

/** Judges the replicas of one run. */
export class Observer {
  readonly #onViolation: (violation: Violation) => void;
  /** Everything that was issued. */
  readonly book: OperationBook = new OperationBook();
  readonly #stores = new Map<SimProcess, VersionedKVStore<string>>();
  /** Those that were not looked at as a whole, because not everything is in memory; and whether their disks were in doubt. */
  readonly #unread = new Map<SimProcess, boolean>();
  readonly copies: Copies = new Copies();
  readonly losses: Losses = new Losses();
  /** Of a process, the dots of what it wrote for itself, of members: no operation of the book, and contexts name them. */
  readonly #internal = new Map<string, readonly Dot[]>();
  /** Whether members came or went, so that who reaping waits for is not the same everywhere. */
  hasMembershipChanged = false;

  constructor(onViolation: (violation: Violation) => void) {
    this.#onViolation = onViolation;
  }

  /** Whether less is asked of a key, because something of it is lost for good. */
  isRelaxed(key: string): boolean {
    return this.hasCopies || this.losses.isRelaxed(key);
  }

  /** Whether an identity was in use twice: from then on a dot may name two writes. */
  get hasCopies(): boolean {
    return this.copies.areThere;
  }

  /** A process goes on with another copy of its disk. */
  livesTwice(process: SimProcess): void {
    this.losses.doubt(process.name);
    this.losses.hasLost = true;
    this.losses.hasForgotten = true;
    this.copies.swapped(process.name, this.book);
  }

  /** A store was opened: what it writes is noted, and what it has forgotten. */
  attach(process: SimProcess, store: VersionedKVStore<string>): void {
    this.#stores.set(process, store);
    const state = stateOf(store);
    const { write, writeAll, reap } = state;
    state.write = (key, value, context) => {
      if (context !== 'local' || !state.table.isPlain(key)) return write.call(state, key, value, context);
      const knew = this.#knownIn(state, key);
      const counter = write.call(state, key, value, context);
      this.#issued(process, key, { id: state.id, counter }, textIn(value), knew, knew);
      return counter;
    };
    state.writeAll = (operations) => {
      const knew = operations.map(({ key }) => this.#knownIn(state, key));
      const named = operations.map(({ key, context }) =>
        context === 'local' ? undefined : knownSet(this.book.moment(key, true), context, DotSet.empty),
      );
      const counters = writeAll.call(state, operations);
      for (const [at, { key, value }] of operations.entries()) {
        const all = knew[at] ?? this.#knownIn(state, key);
        const based = named[at] ?? all;
        const dot = { id: state.id, counter: counters[at] as number }; // one counter each
        this.#issued(process, key, dot, textIn(value), based, all);
      }
      return counters;
    };
    state.reap = (force) => {
      this.#readAll();
      const before = new Map([...this.book.keys()].map((key) => [key, this.#knownIn(state, key)]));
      const report = reap.call(state, force);
      this.#reaped(process, store, report, force, before);
      return report;
    };
    store.subscribe((keys) => {
      for (const key of keys) this.#checkKey(process, key);
    });
    const isDoubtful = this.losses.lookedAt(process.name);
    if (isLoaded(store)) this.#reopened(process, isDoubtful);
    else this.#openedUnread(process, state, isDoubtful);
  }

  /** A process ended; `mayHaveLost`: its disk need not be what it was. */
  ended(process: SimProcess): void {
    this.#stores.delete(process);
    // What this life has not looked at, the next one has to.
    if (this.#unread.get(process) === true) this.losses.doubt(process.name);
    this.#unread.delete(process);
  }

  /** A client was told that it happened. */
  acknowledged(dot: Dot): void {
    const operation = this.book.at(dot);
    if (operation === undefined) this.#onViolation({ law: 'L6', what: `nobody issued ${formatDot(dot)}` });
    else operation.isAcknowledged = true;
  }

  /** A client was told that it did not happen. */
  refused(value: string): void {
    const operation = this.book.byValue(value);
    if (operation !== undefined) operation.isRefused = true;
  }

  /** What a process shows of a key is what it must. To look must not bring anything into memory. */
  check(process: SimProcess, key: string): void {
    if (this.#isRead(process)) this.#checkKey(process, key);
  }

  #checkKey(process: SimProcess, key: string): void {
    const store = this.#stores.get(process);
    if (store === undefined || store.isClosed) return;
    let siblings: readonly Sibling<string>[];
    let context: DotSet;
    try {
      const answer = store.peek(key);
      siblings = answer.siblings;
      context = contextIn(store, key);
    } catch (cause) {
      this.refusedToShow(process, key, cause);
      return;
    }
    this.judge(process, process.name, key, siblings, context, true);
  }

  /** A key may be refused where its record was harmed, and nowhere else. */
  refusedToShow(process: SimProcess, key: string, cause: unknown): void {
    if (this.losses.excuse(process.name, key, cause)) return;
    const isDamage = cause instanceof CausalError && cause.code === 'RECORD_CORRUPT';
    this.#onViolation({ law: isDamage ? 'L20' : 'L21', what: `${process.name} refuses ${told(key)}: ${cause}`, key });
  }

  /** Whether what is shown of a key follows from what its context has taken in. `isHolder`: it is shown of a store. */
  judge(
    process: SimProcess,
    by: string,
    key: string,
    siblings: readonly Sibling<string>[],
    context: DotSet,
    isHolder = false,
  ): void {
    this.#readAll();
    if (this.hasCopies) {
      const store = isHolder ? this.#stores.get(process) : undefined;
      const holder = store === undefined ? undefined : stateOf(store);
      const violation = this.copies.judge(by, key, siblings, holder, this.book, (name) => this.#lifeOf(name));
      if (violation !== undefined) this.#onViolation(violation);
      return;
    }
    const shown = new Set<Operation>();
    for (const sibling of siblings) {
      const operation = this.book.at(sibling.dot);
      if (operation === undefined || operation.key !== key || operation.value !== writtenIn(sibling)) {
        this.#onViolation({ law: 'L6', what: `${by} shows ${tell(sibling)} of ${told(key)}, which nobody wrote`, key });
        return;
      }
      if (operation.isRefused)
        this.#onViolation({ law: 'L17', what: `${by} shows ${tell(sibling)}, whose client was told it failed`, key });
      operation.isGone = false;
      operation.isShown = true;
      shown.add(operation);
    }
    let known = this.book.candidates(key, shown).filter((operation) => !operation.isGone && hasDot(context, operation));
    if (isHolder) for (const operation of known) operation.holders.add(by);
    if (this.isRelaxed(key) || this.losses.isExcused(process.name, key)) return;
    while (this.#forgetUndone(shown, known)) known = known.filter(({ isGone }) => !isGone);
    this.#compare(by, key, shown, known, isHolder);
  }

  /**
   * A write that was never acknowledged and that nobody ever showed may have been undone, its dot left out: then it
   * supersedes nothing. One that was superseded or reaped was there, unless what it superseded is shown. Gives whether
   * there was one.
   */
  #forgetUndone(shown: ReadonlySet<Operation>, known: readonly Operation[]): boolean {
    const undone = known.find(
      (operation) =>
        !(operation.isAcknowledged || operation.isShown || shown.has(operation)) &&
        ([...operation.context].some((older) => shown.has(older)) ||
          !(operation.isReaped || isSuperseded(operation, known))),
    );
    if (undone === undefined) return false;
    undone.isGone = true;
    return true;
  }

  /** Looks at everything that is open, and lets go of what is superseded everywhere. */
  checkAll(processes: readonly SimProcess[]): void {
    for (const process of processes) {
      for (const key of this.book.keys()) this.check(process, key);
    }
    this.#narrow(processes);
  }

  /** What was acknowledged is known to everybody, unless all who had it lost it. Law: L7. */
  checkKept(processes: readonly SimProcess[]): void {
    if (this.hasCopies) return;
    for (const process of processes) {
      const store = this.#stores.get(process);
      if (store === undefined) continue;
      const state = stateOf(store);
      for (const operation of this.book.all()) {
        if (!operation.isAcknowledged || operation.isGone || isKnownIn(state, operation)) continue;
        if (operation.holders.size === 0 && this.losses.hasLost) continue;
        const { key } = operation;
        this.#onViolation({ law: 'L7', what: `${process.name} has never seen ${describe(operation)}`, key });
        return;
      }
    }
  }

  #compare(
    by: string,
    key: string,
    shown: ReadonlySet<Operation>,
    known: readonly Operation[],
    isHolder: boolean,
  ): void {
    // A read may show tombstones that others have replaced and reaped, where nothing else is left: repair leaves them be.
    const isGraveOfRead = !isHolder && [...shown].every(({ value }) => value === undefined);
    const story = (): string =>
      `${by} shows [${[...shown].map(describe).join(', ')}] of ${told(key)} and knows [${known.slice(-12).map(describe).join(', ')}]`;
    for (const operation of shown) {
      if (!known.includes(operation)) {
        this.#onViolation({ law: 'L4', what: `${describe(operation)} is shown and not known: ${story()}`, key });
        return;
      }
      if (isGraveOfRead || !isSuperseded(operation, known)) continue;
      const isBeside = [...shown].some(({ context }) => context.has(operation));
      const law = isBeside ? 'L8' : 'L10';
      const what = isBeside ? 'stands beside what superseded it' : 'is shown although it was superseded';
      this.#onViolation({ law, what: `${describe(operation)} ${what}: ${story()}`, key });
      return;
    }
    for (const operation of known) {
      if (shown.has(operation) || operation.isReaped || isSuperseded(operation, known)) continue;
      const law = operation.value === undefined ? 'L9' : 'L7';
      this.#onViolation({
        law,
        what: `${describe(operation)} is known, not superseded and not shown: ${story()}`,
        key,
      });
      return;
    }
  }

  #issued(
    process: SimProcess,
    key: string,
    dot: Dot,
    value: string | undefined,
    context: KnownSet<Operation>,
    authorKnew: KnownSet<Operation>,
  ): void {
    if (isInternalKey(key)) {
      this.#internal.set(process.name, [...(this.#internal.get(process.name) ?? []), dot]);
      return;
    }
    // Based on a record that was put back: the key may be found damaged later, and what it lacks to be beside the write.
    if (this.#unread.has(process)) this.losses.wroteUnread(process.name, key);
    const name = formatDot(dot);
    const before = this.book.at(dot);
    if (before !== undefined && !before.isGone) {
      const elsewhere = [...before.holders].filter((holder) => holder !== process.name);
      if (before.isAcknowledged || elsewhere.length > 0) {
        const what = `${name} names ${describe(before)}, which ${before.isAcknowledged ? 'was acknowledged' : `${elsewhere.join()} has`}, and another write`;
        if (!this.copies.has(process.name)) this.#onViolation({ law: 'L1', what, key });
      }
      // Of two writes with one dot both are there, and what covers the dot covers both.
      before.isGone = !this.copies.has(process.name);
    }
    const operation = this.book.issue({ key, dot, value, context, authorKnew, by: process.name });
    if (before !== undefined && this.copies.has(process.name)) this.copies.clashed(process.name, before, operation);
  }

  /** Whether a store was looked at as a whole; it is, as soon as it can be. */
  #isRead(process: SimProcess): boolean {
    const isDoubtful = this.#unread.get(process);
    if (isDoubtful === undefined) return true;
    const store = this.#stores.get(process);
    if (store === undefined || store.isClosed || !isLoaded(store)) return false;
    this.#unread.delete(process);
    this.#reopened(process, isDoubtful);
    return true;
  }

  /** Looks at every store that could not be looked at before. */
  #readAll(): void {
    for (const process of [...this.#unread.keys()]) this.#isRead(process);
  }

  /** What the clocks of a disk in doubt say is known at once; what its records say, only when all of them were read. */
  #openedUnread(process: SimProcess, state: ReturnType<typeof stateOf>, isDoubtful: boolean): void {
    this.#unread.set(process, isDoubtful);
    const held = this.book.all().filter(({ holders }) => holders.has(process.name));
    if (isDoubtful && held.some((one) => !isSeenIn(state, one))) this.losses.mayHaveForgotten();
  }

  /** What a disk gave back: nothing less than was on it, unless something happened to it. */
  #reopened(process: SimProcess, isDoubtful: boolean): void {
    const store = this.#stores.get(process);
    if (store === undefined) return;
    const state = stateOf(store);
    const missing = this.book.all().filter((one) => one.holders.has(process.name) && !isKnownIn(state, one));
    // What it issued counts once somebody was told of it or shown it; what it had of others it showed itself.
    const broken = missing.find((one) => one.isAcknowledged || one.isShown || one.by !== process.name);
    if (!isDoubtful && !this.hasCopies && broken !== undefined)
      this.#onViolation({ law: 'L19', what: `${process.name} has forgotten ${describe(broken)}`, key: broken.key });
    if (missing.length > 0) this.losses.lost(process.name, missing);
    const internal = this.#internal.get(process.name) ?? [];
    const kept = internal.filter(({ id, counter }) => state.knowledge.has(id, counter));
    this.#internal.set(process.name, kept);
    // Dots that are gone may be in the context of any read that was made here before, of whatever key.
    if (isDoubtful && missing.length + internal.length > kept.length) this.losses.hasLost = true;
    if (isDoubtful) this.book.widen();
    for (const key of this.book.keys()) this.check(process, key);
  }

  /** Law: L11. */
  #reaped(
    process: SimProcess,
    store: VersionedKVStore<string>,
    report: ReapReport,
    force: boolean,
    before: ReadonlyMap<string, KnownSet<Operation>>,
  ): void {
    const members = new Set(store.members().map(nameOf));
    for (const dot of report.dots) {
      const tombstone = this.book.at(dot);
      if (tombstone === undefined) continue;
      tombstone.isReaped = true;
      if (tombstone.value !== undefined && !this.hasCopies)
        this.#onViolation({
          law: 'L11',
          what: `${describe(tombstone)} was reaped and is no delete`,
          key: tombstone.key,
        });
      if (force || this.losses.hasLost || this.hasMembershipChanged) continue;
      const known = before.get(tombstone.key);
      // What is superseded by something that all have is held by nobody.
      const active = this.book.active(tombstone.key);
      const others = active.filter((one) => known?.has(one) !== true && members.has(nameOf(one.dot.id)));
      const beside = others.find((one) => isHeldBeside(one, tombstone));
      if (beside === undefined) continue;
      const what = `${process.name} reaped ${describe(tombstone)} while member ${beside.by} holds ${describe(beside)}, made beside it`;
      this.#onViolation({ law: 'L11', what, key: tombstone.key });
    }
  }

  #narrow(processes: readonly SimProcess[]): void {
    if (this.losses.areInDoubt || this.#unread.size > 0) return;
    if (processes.some(({ store }) => store === undefined)) return;
    const states = processes.flatMap(({ store }) => (store === undefined ? [] : [stateOf(store)]));
    this.book.narrow((operation) => states.every((state) => isKnownIn(state, operation)));
  }

  /** The life in which a process is now. */
  #lifeOf(process: string): number | undefined {
    for (const [{ name }, store] of this.#stores) if (name === process) return stateOf(store).life;
    return undefined;
  }

  #knownIn(state: ReturnType<typeof stateOf>, key: string): KnownSet<Operation> {
    return knownSet(this.book.moment(key), state.knowledge.seen, state.table.record(key).residual);
  }
}
