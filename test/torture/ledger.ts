/**
 * What the callers of a tortured store were told, and what follows from it for whatever the store shows afterwards:
 * nothing acknowledged is gone unless a known write superseded it, nothing superseded is back, nothing is there that
 * nobody wrote, no dot names two writes. Knows no storage and no way to crash; contexts decide, not the order of events.
 */

import type { Dot } from '../../src/clock/dot.ts';
import { DotSet } from '../../src/clock/dot-set.ts';
import type { VectorClock } from '../../src/clock/vector-clock.ts';
import type { Value } from '../../src/codec/value.ts';
import { decodeToken } from '../../src/store/context-token.ts';
import type { Version } from '../../src/store/record.ts';
import { stateOf, type VersionedKVStore } from '../../src/store/versioned-kv-store.ts';

/** Everything a store holds, beside what it does not show: the internal keys. */
export type Shown = {
  readonly seen: DotSet;
  readonly reaped: VectorClock;
  readonly records: ReadonlyMap<string, readonly Version[]>;
};

/** One write as its caller knows it. `op` is unique, and every value names it. */
type Entry = {
  readonly op: number;
  readonly key: string;
  readonly isDelete: boolean;
  status: 'issued' | 'acked' | 'refused';
  dot: Dot | undefined;
  /** The token of `Written`, or what it decodes to. */
  context: string | DotSet;
  /** The moment of the acknowledgement, on whatever clock the test has. */
  at: number;
};

export type Problem = { readonly kind: 'lost' | 'torn' | 'reissued' | 'resurrected' | 'wrong'; readonly what: string };

/** Whether an acknowledged write must be there, by its dot and the moment it was acknowledged. */
export type IsDue = (dot: Dot, at: number) => boolean;

/** How a ledger is asked. */
export type Question = {
  readonly isDue: IsDue;
  /** Acknowledgements after this moment have not been given yet. Default: all were. */
  readonly until?: number;
  /** Dots found in the store are those of their writes from now on. */
  readonly keeps?: boolean;
  /** Keys that are not looked at. */
  readonly isLeftOut?: (key: string) => boolean;
};

type Asked = {
  readonly seen: DotSet;
  readonly reaped: VectorClock;
  readonly isDue: IsDue;
  readonly until: number;
  readonly keeps: boolean;
  readonly found: Problem[];
};

const NEVER = Number.POSITIVE_INFINITY;

/** What the value of an op is: it can be told from every other, and checked whole. */
export function payloadOf(op: number, size = 0): Value {
  return { op, pad: `${op}.`.repeat(size) };
}

/** What a store holds, with everything brought into memory. */
export async function shownBy<T>(store: VersionedKVStore<T>): Promise<Shown> {
  await store.load();
  const records = new Map<string, readonly Version[]>();
  for (const [key, cell] of stateOf(store).table.cells()) {
    if (!key.startsWith('\0')) records.set(key, 'versions' in cell ? cell.versions : [cell]);
  }
  return { seen: store.seen, reaped: store.reaped, records };
}

export function textOfDot({ id, counter }: Dot): string {
  return `${id}:${counter}`;
}

/** The writes of one run, by op, by dot and by key. */
export class Ledger {
  readonly #ops = new Map<number, Entry>();
  readonly #byKey = new Map<string, Entry[]>();
  /** Which write a dot names, for every dot that ever left a store. */
  readonly #named = new Map<string, Map<number, number>>();
  #acked = 0;

  get acked(): number {
    return this.#acked;
  }

  issue(op: number, key: string, isDelete: boolean): void {
    const entry: Entry = { op, key, isDelete, status: 'issued', dot: undefined, context: DotSet.empty, at: NEVER };
    this.#ops.set(op, entry);
    const others = this.#byKey.get(key);
    if (others === undefined) this.#byKey.set(key, [entry]);
    else others.push(entry);
  }

  /** The caller was told that it happened. A problem when the dot is another write's. */
  ack(op: number, dot: Dot, context: string, at: number): Problem | undefined {
    const entry = this.#entry(op);
    entry.status = 'acked';
    entry.dot = dot;
    entry.context = context;
    entry.at = at;
    this.#acked += 1;
    return this.#name(dot, op);
  }

  /** The caller was told that it did not and will not happen. */
  refuse(op: number): void {
    this.#entry(op).status = 'refused';
  }

  /** The dots that callers had been told by a moment. */
  left(at: number): ReadonlySet<string> {
    const dots = new Set<string>();
    for (const { dot, at: when } of this.#ops.values()) if (dot !== undefined && when <= at) dots.add(textOfDot(dot));
    return dots;
  }

  /** Every op of a key, for messages. */
  describe(key: string): string {
    return (this.#byKey.get(key) ?? [])
      .map(({ op, isDelete, status, dot }) => `${op}${isDelete ? ' delete' : ''} ${status} ${dot?.counter ?? ''}`)
      .join(', ');
  }

  /** What is wrong with what a store shows. */
  problems({ seen, reaped, records }: Shown, question: Question): Problem[] {
    const { isDue, until = NEVER, keeps = false, isLeftOut = (): boolean => false } = question;
    const found: Problem[] = [];
    const asked = { seen, reaped, isDue, until, keeps, found };
    for (const [key, versions] of records) if (!isLeftOut(key)) this.#checkHeld(key, versions, asked);
    for (const [key, entries] of this.#byKey) {
      if (!isLeftOut(key)) this.#checkKept(key, entries, records.get(key) ?? [], asked);
    }
    return found;
  }

  /** Forgets writes that others of the same key have superseded and that nobody holds, once they were checked. */
  prune(held: ReadonlySet<string>): void {
    for (const [key, entries] of this.#byKey) {
      const kept = entries.filter(
        (entry) =>
          entry.status !== 'refused' &&
          (entry.dot === undefined ||
            held.has(textOfDot(entry.dot)) ||
            entries.findLast((later) => later !== entry && this.#covers(later, entry.dot)) === undefined),
      );
      for (const entry of entries) if (!kept.includes(entry)) this.#ops.delete(entry.op);
      this.#byKey.set(key, kept);
    }
  }

  /** What was issued and never answered, and is not there: it did not happen. */
  forgetUnanswered(): void {
    for (const [key, entries] of this.#byKey) {
      const kept = entries.filter(({ status, dot }) => status !== 'issued' || dot !== undefined);
      for (const entry of entries) if (!kept.includes(entry)) this.#ops.delete(entry.op);
      this.#byKey.set(key, kept);
    }
  }

  #checkHeld(key: string, versions: readonly Version[], asked: Asked): void {
    const { keeps, found } = asked;
    const entries = this.#byKey.get(key) ?? [];
    for (const version of versions) {
      const name = textOfDot(version);
      const what = `${JSON.stringify(key)} ${name} = ${JSON.stringify(version.value)?.slice(0, 60)}`;
      const known = entries.find(({ dot }) => dot?.counter === version.counter && dot.id === version.id);
      const entry = known ?? this.#unanswered(entries, version);
      if (entry === undefined) {
        found.push({ kind: 'wrong', what: `${what}: nobody wrote that (${this.describe(key)})` });
        continue;
      }
      if (!holds(entry, version)) found.push({ kind: 'wrong', what: `${what}: op ${entry.op} wrote something else` });
      if (keeps) {
        const problem = this.#name(version, entry.op);
        if (problem !== undefined) found.push(problem);
        entry.dot ??= { id: version.id, counter: version.counter };
      }
      const killer = entries.find((later) => later !== entry && this.#supersedes(later, version, asked));
      if (killer !== undefined) found.push({ kind: 'resurrected', what: `${what}: op ${killer.op} had superseded it` });
    }
  }

  #checkKept(key: string, entries: readonly Entry[], held: readonly Version[], asked: Asked): void {
    const { seen, reaped, isDue, until, found } = asked;
    for (const entry of entries) {
      const { dot } = entry;
      if (dot === undefined || entry.status !== 'acked' || !isDue(dot, entry.at)) continue;
      const what = `${JSON.stringify(key)} op ${entry.op} ${textOfDot(dot)}`;
      if (!seen.has(dot.id, dot.counter)) {
        found.push({ kind: 'lost', what: `${what}: acknowledged, and not even seen` });
        continue;
      }
      if (held.some((version) => version.id === dot.id && version.counter === dot.counter)) continue;
      const isReaped = entry.isDelete && dot.counter <= reaped.get(dot.id);
      const isSuperseded =
        entries.findLast((later) => later !== entry && this.#supersedes(later, dot, asked)) !== undefined;
      // A write nobody heard of may have superseded it: one that is held, or a delete that was reaped since.
      const isUnheard = entries.some(
        (later) =>
          (later.status === 'issued' || later.at > until) &&
          (held.some((version) => holds(later, version)) || (later.isDelete && held.length === 0)),
      );
      if (!isReaped && !isSuperseded && !isUnheard) {
        found.push({
          kind: 'lost',
          what: `${what}: acknowledged, gone, and nothing superseded it; held ${JSON.stringify(held)} (${this.describe(key)})`,
        });
      }
    }
  }

  #unanswered(entries: readonly Entry[], version: Version): Entry | undefined {
    return entries.find((entry) => entry.status === 'issued' && entry.dot === undefined && holds(entry, version));
  }

  #supersedes(later: Entry, dot: Dot, { seen, until }: Asked): boolean {
    const isSeen = later.dot !== undefined && seen.has(later.dot.id, later.dot.counter);
    return isSeen && later.at <= until && this.#covers(later, dot);
  }

  #covers(entry: Entry, dot: Dot | undefined): boolean {
    if (entry.status !== 'acked' || dot === undefined) return false;
    if (typeof entry.context === 'string') entry.context = decodeToken('context', entry.key, entry.context);
    return entry.context.has(dot.id, dot.counter);
  }

  #name(dot: Dot, op: number): Problem | undefined {
    let ops = this.#named.get(dot.id);
    if (ops === undefined) {
      ops = new Map();
      this.#named.set(dot.id, ops);
    }
    const before = ops.get(dot.counter);
    ops.set(dot.counter, op);
    if (before === undefined || before === op) return undefined;
    return { kind: 'reissued', what: `${textOfDot(dot)} names op ${before} and op ${op}` };
  }

  #entry(op: number): Entry {
    const entry = this.#ops.get(op);
    if (entry === undefined) throw new Error(`op ${op} was never issued`);
    return entry;
  }
}

/** Whether the version is what the op wrote. */
function holds({ op, isDelete }: Entry, { value }: Version): boolean {
  if (isDelete || value === undefined) return isDelete && value === undefined;
  const { op: named, pad } = value as { readonly op?: unknown; readonly pad?: string };
  return named === op && typeof pad === 'string' && pad === `${op}.`.repeat(pad.length / `${op}.`.length);
}
