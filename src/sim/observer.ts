/**
 * The observer of a run: knows every write by the moment it was issued, with what its author knew then, and judges by
 * that whatever a replica shows. What a replica has taken in is read off the contexts it gives; that it then shows just
 * the writes that no other of them supersedes is judged with sets, and with nothing of what production makes of clocks.
 * Laws: L1, L4, L6 to L12, L17, L19, L20.
 */

import type { Dot } from '../clock/dot.ts';
import { formatDot } from '../clock/dot.ts';
import type { DotSet } from '../clock/dot-set.ts';
import type { Value } from '../codec/value.ts';
import { CausalError } from '../errors.ts';
import { decodeToken } from '../store/context-token.ts';
import { isInternalKey } from '../store/key.ts';
import { nameOf } from '../store/membership.ts';
import type { ReapReport } from '../store/replica-state.ts';
import type { Sibling } from '../store/resolve.ts';
import { stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import { Copies } from './copies.ts';
import { describe, type Operation, type Violation } from './operation.ts';
import type { SimProcess } from './process.ts';

export { describe, type Operation, type Violation } from './operation.ts';

/** Judges the replicas of one run. */
export class Observer {
  readonly #onViolation: (violation: Violation) => void;
  readonly #byKey = new Map<string, Operation[]>();
  /** Of a key, the operations that may still be shown; the others are superseded everywhere. */
  readonly #active = new Map<string, Operation[]>();
  readonly #byDot = new Map<string, Operation>();
  readonly #byValue = new Map<string, Operation>();
  readonly #stores = new Map<SimProcess, VersionedKVStore<string>>();
  /** Processes whose disk may have lost something since it was last looked at. */
  readonly #doubtful = new Set<string>();
  /** Of a process, the keys whose record was harmed. */
  readonly #harmed = new Map<string, Set<string>>();
  /** Keys of which something is lost for good: what it had superseded may be back where that was not known. */
  readonly #relaxed = new Set<string>();
  /** Of a process, the keys that its own harm excuses, while others still have everything. */
  readonly #excused = new Map<string, Set<string>>();
  readonly #copies = new Copies();
  #made = 0;
  hasLost = false;
  /** Whether a replica forgot what it had confirmed, though others have it: buffered commits do not survive a power cut. */
  hasForgotten = false;
  /** Whether members came or went, so that who reaping waits for is not the same everywhere. */
  hasMembershipChanged = false;

  constructor(onViolation: (violation: Violation) => void) {
    this.#onViolation = onViolation;
  }

  /** Whether less is asked of a key, because something of it is lost for good. */
  isRelaxed(key: string): boolean {
    return this.hasCopies || this.#relaxed.has(key);
  }

  /** Whether an identity was in use twice: from then on a dot may name two writes. */
  get hasCopies(): boolean {
    return this.#copies.areThere;
  }

  /** A process goes on with another copy of its disk. */
  livesTwice(process: SimProcess): void {
    this.doubt(process);
    this.hasLost = true;
    this.#copies.swapped(process.name);
  }

  /** Somebody reported a dot of two writes, or an id in use twice. */
  noticed(process: SimProcess): void {
    this.#copies.noticed(process.name);
  }

  /** Law: L23, and that both writes of a dot are kept. */
  checkCopies(processes: readonly SimProcess[]): void {
    const violation = this.#copies.check(processes, [...this.#byKey.values()].flat());
    if (violation !== undefined) this.#onViolation(violation);
  }

  get operations(): number {
    return this.#made;
  }

  get keys(): Iterable<string> {
    return this.#byKey.keys();
  }

  /** Every operation of a key that anybody issued. */
  of(key: string): readonly Operation[] {
    return this.#byKey.get(key) ?? [];
  }

  /** The operation of that dot. */
  at(dot: Dot): Operation | undefined {
    return this.#byDot.get(formatDot(dot));
  }

  byValue(value: string): Operation | undefined {
    return this.#byValue.get(value);
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
      const counters = writeAll.call(state, operations);
      for (const [at, { key, value, context }] of operations.entries()) {
        const all = knew[at] ?? new Set();
        const based = context === 'local' ? all : new Set(this.of(key).filter((one) => hasDot(context, one)));
        const dot = { id: state.id, counter: counters[at] as number }; // one counter each
        this.#issued(process, key, dot, textIn(value), based, all);
      }
      return counters;
    };
    state.reap = (force) => {
      const before = new Map([...this.keys].map((key) => [key, this.#knownIn(state, key)]));
      const report = reap.call(state, force);
      this.#reaped(process, store, report, force, before);
      return report;
    };
    store.subscribe((keys) => {
      for (const key of keys) this.check(process, key);
    });
    this.#reopened(process);
  }

  /** A process ended; `mayHaveLost`: its disk need not be what it was. */
  ended(process: SimProcess): void {
    this.#stores.delete(process);
  }

  /** The disk of a process may know less than it did. */
  doubt(process: SimProcess): void {
    this.#doubtful.add(process.name);
  }

  /** The record of a key was harmed. */
  harmed(process: SimProcess, key: string): void {
    const keys = this.#harmed.get(process.name) ?? new Set();
    this.#harmed.set(process.name, keys.add(key));
    this.hasLost = true;
    const held = this.of(key).filter(({ holders }) => holders.has(process.name));
    this.#lost(process, held);
    if (held.some(({ isGone }) => isGone)) this.#relaxed.add(key);
    const excused = this.#excused.get(process.name) ?? new Set();
    this.#excused.set(process.name, excused.add(key));
  }

  /** A client was told that it happened. */
  acknowledged(dot: Dot): void {
    const operation = this.at(dot);
    if (operation === undefined) this.#onViolation({ law: 'L6', what: `nobody issued ${formatDot(dot)}` });
    else operation.isAcknowledged = true;
  }

  /** A client was told that it did not happen. */
  refused(value: string): void {
    const operation = this.#byValue.get(value);
    if (operation !== undefined) operation.isRefused = true;
  }

  /** What a process shows of a key is what it must. */
  check(process: SimProcess, key: string): void {
    const store = this.#stores.get(process);
    if (store === undefined || store.isClosed) return;
    let siblings: readonly Sibling<string>[];
    let context: DotSet;
    try {
      const answer = store.peek(key);
      siblings = answer.siblings;
      context = decodeToken('context', key, answer.context);
    } catch (cause) {
      this.refusedToShow(process, key, cause);
      return;
    }
    this.judge(process, process.name, key, siblings, context, true);
  }

  /** A key may be refused where its record was harmed, and nowhere else. */
  refusedToShow(process: SimProcess, key: string, cause: unknown): void {
    const isDamage = cause instanceof CausalError && cause.code === 'RECORD_CORRUPT';
    const passing = ['STORAGE_UNREADABLE', 'STORAGE_FAILED', 'STORE_CLOSED'];
    const isPassing = cause instanceof CausalError && passing.includes(cause.code);
    if (isPassing || (isDamage && this.#harmed.get(process.name)?.has(key) === true)) return;
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
    if (this.hasCopies) {
      this.#judgeValues(by, key, siblings, isHolder);
      return;
    }
    const shown = new Set<Operation>();
    for (const sibling of siblings) {
      const operation = this.at(sibling.dot);
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
    const isNarrow = [...shown].every((operation) => this.#active.get(key)?.includes(operation));
    let known = (isNarrow ? (this.#active.get(key) ?? []) : this.of(key)).filter(
      (operation) => !operation.isGone && hasDot(context, operation),
    );
    if (isHolder) for (const operation of known) operation.holders.add(by);
    if (this.isRelaxed(key) || this.#excused.get(process.name)?.has(key) === true) return;
    while (this.#forgetUndone(shown, known)) known = known.filter(({ isGone }) => !isGone);
    this.#compare(by, key, shown, known);
  }

  /** Where a dot does not tell which write it names, the values do. */
  #judgeValues(by: string, key: string, siblings: readonly Sibling<string>[], isHolder: boolean): void {
    for (const sibling of siblings) {
      if (sibling.tombstone) continue;
      const operation = this.#byValue.get(sibling.value);
      if (operation?.key !== key) {
        this.#onViolation({ law: 'L6', what: `${by} shows ${tell(sibling)} of ${told(key)}, which nobody wrote`, key });
        return;
      }
      if (operation.isRefused)
        this.#onViolation({ law: 'L17', what: `${by} shows ${tell(sibling)}, whose client was told it failed`, key });
      if (isHolder) operation.holders.add(by);
    }
  }

  /**
   * A write that was never acknowledged and that nobody ever showed may have been undone, its dot left out: then it
   * supersedes nothing. Gives whether there was one that would explain what is shown.
   */
  #forgetUndone(shown: ReadonlySet<Operation>, known: readonly Operation[]): boolean {
    const superseded = new Set<Operation>();
    for (const { context } of known) for (const operation of context) superseded.add(operation);
    const undone = known.find(
      (operation) =>
        !(operation.isAcknowledged || operation.isShown || superseded.has(operation)) && !shown.has(operation),
    );
    if (undone === undefined) return false;
    undone.isGone = true;
    return true;
  }

  /** Looks at everything that is open, and lets go of what is superseded everywhere. */
  checkAll(processes: readonly SimProcess[]): void {
    for (const process of processes) {
      if (process.store === undefined) continue;
      for (const key of this.keys) this.check(process, key);
    }
    this.#narrow(processes);
  }

  /** What was acknowledged is known to everybody, unless all who had it lost it. Law: L7. */
  checkKept(processes: readonly SimProcess[]): void {
    if (this.hasCopies) return;
    for (const [key, operations] of this.#byKey) {
      for (const process of processes) {
        const store = this.#stores.get(process);
        if (store === undefined) continue;
        const state = stateOf(store);
        for (const operation of operations) {
          if (!operation.isAcknowledged || operation.isGone || isKnownIn(state, operation)) continue;
          if (operation.holders.size === 0 && this.hasLost) continue;
          this.#onViolation({ law: 'L7', what: `${process.name} has never seen ${describe(operation)}`, key });
          return;
        }
      }
    }
  }

  #compare(by: string, key: string, shown: ReadonlySet<Operation>, known: readonly Operation[]): void {
    const superseded = new Set<Operation>();
    for (const { context } of known) for (const operation of context) superseded.add(operation);
    const story = (): string =>
      `${by} shows [${[...shown].map(describe).join(', ')}] of ${told(key)} and knows [${known.slice(-12).map(describe).join(', ')}]`;
    for (const operation of shown) {
      if (!known.includes(operation)) {
        this.#onViolation({ law: 'L4', what: `${describe(operation)} is shown and not known: ${story()}`, key });
        return;
      }
      if (!superseded.has(operation)) continue;
      const isBeside = [...shown].some(({ context }) => context.has(operation));
      const law = isBeside ? 'L8' : 'L10';
      const what = isBeside ? 'stands beside what superseded it' : 'is shown although it was superseded';
      this.#onViolation({ law, what: `${describe(operation)} ${what}: ${story()}`, key });
      return;
    }
    for (const operation of known) {
      if (superseded.has(operation) || shown.has(operation) || operation.isReaped) continue;
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
    context: ReadonlySet<Operation>,
    authorKnew: ReadonlySet<Operation>,
  ): void {
    if (isInternalKey(key)) return;
    const name = formatDot(dot);
    const before = this.#byDot.get(name);
    if (before !== undefined && !before.isGone) {
      const elsewhere = [...before.holders].filter((holder) => holder !== process.name);
      if (before.isAcknowledged || elsewhere.length > 0) {
        const what = `${name} names ${describe(before)}, which ${before.isAcknowledged ? 'was acknowledged' : `${elsewhere.join()} has`}, and another write`;
        if (!this.#copies.has(process.name)) this.#onViolation({ law: 'L1', what, key });
      }
      // Of two writes with one dot both are there, and what covers the dot covers both.
      before.isGone = !this.#copies.has(process.name);
    }
    this.#made += 1;
    const operation: Operation = {
      ...{ number: this.#made, key, dot, value, context: new Set(context), authorKnew, by: process.name },
      ...{
        isAcknowledged: false,
        isRefused: false,
        isShown: false,
        isReaped: false,
        isGone: false,
        holders: new Set([process.name]),
      },
    };
    this.#byDot.set(name, operation);
    if (before !== undefined && this.#copies.has(process.name)) this.#copies.clashed(process.name, before, operation);
    if (value !== undefined) this.#byValue.set(value, operation);
    for (const table of [this.#byKey, this.#active]) {
      const ofKey = table.get(key);
      if (ofKey === undefined) table.set(key, [operation]);
      else ofKey.push(operation);
    }
  }

  /** What a disk gave back: nothing less than was on it, unless something happened to it. */
  #reopened(process: SimProcess): void {
    const store = this.#stores.get(process);
    if (store === undefined) return;
    const state = stateOf(store);
    const missing: Operation[] = [];
    for (const operations of this.#byKey.values())
      for (const operation of operations)
        if (operation.holders.has(process.name) && !isKnownIn(state, operation)) missing.push(operation);
    const isDoubtful = this.#doubtful.delete(process.name);
    // What it issued counts once somebody was told of it or shown it; what it had of others it showed itself.
    const broken = missing.find((one) => one.isAcknowledged || one.isShown || one.by !== process.name);
    if (!isDoubtful && !this.hasCopies && broken !== undefined)
      this.#onViolation({ law: 'L19', what: `${process.name} has forgotten ${describe(broken)}`, key: broken.key });
    if (missing.some(({ isAcknowledged }) => isAcknowledged)) this.hasForgotten = true;
    if (missing.length > 0) this.#lost(process, missing);
    if (isDoubtful) for (const [key, operations] of this.#byKey) this.#active.set(key, [...operations]);
    for (const key of this.keys) this.check(process, key);
  }

  /** A process has these no longer; what nobody has is gone, and excuses what follows from it. */
  #lost(process: SimProcess, operations: readonly Operation[]): void {
    for (const operation of operations) {
      operation.holders.delete(process.name);
      if (operation.holders.size > 0) continue;
      operation.isGone = true;
      if (!operation.isAcknowledged) continue;
      this.hasLost = true;
      this.#relaxed.add(operation.key);
    }
  }

  /** Law: L11. */
  #reaped(
    process: SimProcess,
    store: VersionedKVStore<string>,
    report: ReapReport,
    force: boolean,
    before: ReadonlyMap<string, ReadonlySet<Operation>>,
  ): void {
    const members = new Set(store.members().map(nameOf));
    for (const dot of report.dots) {
      const tombstone = this.at(dot);
      if (tombstone === undefined) continue;
      tombstone.isReaped = true;
      if (tombstone.value !== undefined && !this.hasCopies)
        this.#onViolation({
          law: 'L11',
          what: `${describe(tombstone)} was reaped and is no delete`,
          key: tombstone.key,
        });
      if (force || this.hasLost || this.hasMembershipChanged) continue;
      const known = before.get(tombstone.key) ?? new Set();
      const beside = this.of(tombstone.key).find(
        (one) =>
          !(one.isGone || known.has(one) || one.authorKnew.has(tombstone)) &&
          members.has(nameOf(one.dot.id)) &&
          !one.context.has(tombstone) &&
          !tombstone.context.has(one) &&
          one.holders.has(one.by),
      );
      if (beside === undefined) continue;
      const what = `${process.name} reaped ${describe(tombstone)} while member ${beside.by} holds ${describe(beside)}, made beside it`;
      this.#onViolation({ law: 'L11', what, key: tombstone.key });
    }
  }

  #narrow(processes: readonly SimProcess[]): void {
    if (this.#doubtful.size > 0 || processes.some(({ store }) => store === undefined)) return;
    const states = processes.flatMap(({ store }) => (store === undefined ? [] : [stateOf(store)]));
    for (const [key, operations] of this.#active) {
      if (operations.length < NARROW_FROM) continue;
      const everywhere = operations.filter((one) => states.every((state) => isKnownIn(state, one)));
      const superseded = new Set<Operation>();
      for (const { context } of everywhere) for (const operation of context) superseded.add(operation);
      this.#active.set(
        key,
        operations.filter((one) => !superseded.has(one)),
      );
    }
  }

  #knownIn(state: ReturnType<typeof stateOf>, key: string): ReadonlySet<Operation> {
    return new Set(this.of(key).filter((operation) => !operation.isGone && isKnownIn(state, operation)));
  }
}

/** Fewer operations of a key are not worth letting go of. */
const NARROW_FROM = 12;

function isKnownIn(state: ReturnType<typeof stateOf>, { key, dot: { id, counter } }: Operation): boolean {
  return state.knowledge.has(id, counter) || state.table.record(key).residual.has(id, counter);
}

function hasDot(set: DotSet, { dot: { id, counter } }: Operation): boolean {
  return set.has(id, counter);
}

/** Clients write nothing but texts. */
function textIn(value: Value | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function writtenIn(sibling: Sibling<string>): string | undefined {
  return sibling.tombstone ? undefined : sibling.value;
}

function tell(sibling: Sibling<string>): string {
  return `${formatDot(sibling.dot)} ${sibling.tombstone ? 'deleted' : sibling.value}`;
}

function told(key: string): string {
  return JSON.stringify(key);
}
