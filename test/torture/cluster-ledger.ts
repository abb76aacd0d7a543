/**
 * The judge of a tortured cluster: what clients were told of their writes, and what follows from it for whatever the
 * replicas show after they have met. Nothing acknowledged may be gone unless a write that is known to have covered it was
 * made; nothing covered may be back or stand beside what covered it; no context may cover what it neither showed nor
 * knew to be superseded. Contexts decide, never the order of events. Knows no process, no link and no client.
 */

import type { Dot } from '../../src/clock/dot.ts';
import { DotSet } from '../../src/clock/dot-set.ts';
import type { VectorClock } from '../../src/clock/vector-clock.ts';

/** What a write was based on, as its client knows it. */
export type Base = {
  /** The dots its context covers; undefined when the replica decides and the client is not told before it is done. */
  readonly covers: DotSet | undefined;
  /** The dots of the answer that the context came with; undefined when that is not known. */
  readonly shown: readonly Dot[] | undefined;
};

/** One version as a replica shows it. `op` is what its value says. */
export type Held = { readonly dot: Dot | undefined; readonly op: number | undefined };

/** Everything a replica shows. */
export type ClusterState = {
  readonly seen: DotSet;
  readonly keys: ReadonlyMap<string, readonly Held[]>;
  /** Given when `keys` has tombstones too, of keys that hold nothing else: a delete that is in neither is lost. */
  readonly reaped?: VectorClock;
};

export type ViolationKind = 'lost' | 'resurrected' | 'false conflict' | 'reissued' | 'different' | 'session' | 'wrong';
export type Violation = { readonly kind: ViolationKind; readonly what: string };

/**
 * `made`: the client was told that the outcome is unknown, and that the write is durable where it was made. `unknown`:
 * it was told nothing. `found`: it was told nothing, and a replica shows the write.
 */
type Status = 'issued' | 'acked' | 'made' | 'unknown' | 'found' | 'refused';

type Entry = {
  readonly op: number;
  readonly key: string;
  readonly isDelete: boolean;
  readonly shown: readonly Dot[] | undefined;
  readonly by: string;
  covers: DotSet | undefined;
  status: Status;
  dot: Dot | undefined;
};

/** The writes of one run that may still matter. */
export class ClusterLedger {
  readonly #ops = new Map<number, Entry>();
  readonly #byKey = new Map<string, Entry[]>();
  /** Of each key, the dots that were covered when the replicas last agreed. */
  readonly #dead = new Map<string, DotSet>();
  /** Writes that no replica showed when they last agreed, and whose dots nobody knows. */
  readonly #forgotten = new Set<number>();
  readonly #named = new Map<string, number>();
  readonly counts = { acknowledged: 0, refused: 0, unknown: 0 };
  readonly #excused = new Set<number>();

  /** How many are gone of which nothing can be said, because a write without an answer may have covered them. */
  get excused(): number {
    return this.#excused.size;
  }

  /** `by`: who wrote it and where, for messages. */
  issue(op: number, key: string, isDelete: boolean, { covers, shown }: Base, by: string): void {
    const entry: Entry = { op, key, isDelete, shown, by, covers, status: 'issued', dot: undefined };
    this.#ops.set(op, entry);
    const others = this.#byKey.get(key);
    if (others === undefined) this.#byKey.set(key, [entry]);
    else others.push(entry);
  }

  /** The client was told that it happened. `covers`: what the replica based it on, if that was left to it. */
  ack(op: number, dot: Dot, covers?: DotSet): Violation | undefined {
    this.counts.acknowledged += 1;
    return this.#place(op, 'acked', dot, covers);
  }

  /** The client was told that too few confirmed it; of a write whose dot it was told, that it is there. */
  unknown(op: number, dot?: Dot): Violation | undefined {
    this.counts.unknown += 1;
    if (dot !== undefined) return this.#place(op, 'made', dot, undefined);
    this.#entry(op).status = 'unknown';
    return undefined;
  }

  /** The client was told that it did not and will not happen. */
  refuse(op: number): void {
    this.counts.refused += 1;
    this.#entry(op).status = 'refused';
  }

  /** What is wrong with what replicas show that have met; each is judged by itself, and they must be equal. */
  violations(states: ReadonlyMap<string, ClusterState>): readonly Violation[] {
    const found: Violation[] = [];
    const different = differenceOf(states);
    if (different !== undefined) found.push({ kind: 'different', what: different });
    for (const [name, state] of states) {
      for (const { kind, what } of this.#judge(state)) found.push({ kind, what: `${name}: ${what}` });
    }
    for (const key of this.#byKey.keys()) for (const what of this.#unshown(key)) found.push({ kind: 'lost', what });
    return found;
  }

  /** After replicas agreed on a state and it was judged: what is covered for good is remembered as a dot and no more. */
  settle({ keys }: ClusterState): void {
    for (const [key, entries] of this.#byKey) {
      const held = keys.get(key) ?? [];
      const kept = entries.filter((entry) => held.some((version) => isOf(version, entry)) || isHidden(entry, entries));
      // What these did is done; from now on they cover nothing more.
      for (const entry of kept) if (entry.dot === undefined) entry.covers ??= DotSet.empty;
      let dead = this.#dead.get(key) ?? DotSet.empty;
      for (const entry of entries) {
        if (kept.includes(entry)) continue;
        this.#ops.delete(entry.op);
        if (entry.dot === undefined) this.#forgotten.add(entry.op);
        else dead = dead.add(entry.dot.id, entry.dot.counter);
      }
      this.#dead.set(key, dead);
      this.#byKey.set(key, kept);
    }
  }

  *#judge(state: ClusterState): Generator<Violation> {
    for (const [key, held] of state.keys) yield* this.#judgeHeld(key, held);
    for (const [key, entries] of this.#byKey) yield* this.#judgeKept(key, entries, state);
  }

  *#judgeHeld(key: string, held: readonly Held[]): Generator<Violation> {
    const entries = this.#byKey.get(key) ?? [];
    const known = held.map((version) => entries.find((entry) => isOf(version, entry)) ?? unanswered(entries, version));
    for (const [at, version] of held.entries()) {
      const entry = known[at];
      const name = `${JSON.stringify(key)} op ${version.op} ${textOf(version.dot)}`;
      if (entry === undefined) {
        yield this.#stranger(key, name, version);
        continue;
      }
      if (entry.status === 'refused') yield { kind: 'wrong', what: `${name}: its client was told it did not happen` };
      if (entry.isDelete !== (version.op === undefined)) yield { kind: 'wrong', what: `${name}: another value` };
      if (entry.dot === undefined && version.dot !== undefined) {
        entry.status = 'found';
        const problem = this.#name(version.dot, entry);
        if (problem !== undefined) yield problem;
      } else if (version.dot !== undefined && textOf(version.dot) !== textOf(entry.dot)) {
        yield { kind: 'reissued', what: `${name}: its client was told ${textOf(entry.dot)}` };
      }
      const killer = entries.find((later) => later !== entry && isMade(later) && covers(later, entry));
      if (killer === undefined) continue;
      const kind = known.includes(killer) ? 'false conflict' : 'resurrected';
      yield { kind, what: `${name} (${entry.by}): ${describe(killer)} had covered it` };
    }
  }

  #stranger(key: string, name: string, { op, dot }: Held): Violation {
    if (dot !== undefined && this.#dead.get(key)?.has(dot.id, dot.counter) === true)
      return { kind: 'resurrected', what: `${name}: it was covered when all replicas agreed` };
    if (op !== undefined && this.#forgotten.has(op))
      return { kind: 'resurrected', what: `${name}: nobody showed it when all replicas agreed` };
    return { kind: 'wrong', what: `${name}: nobody wrote that` };
  }

  *#judgeKept(key: string, entries: readonly Entry[], { seen, keys, reaped }: ClusterState): Generator<Violation> {
    const held = keys.get(key) ?? [];
    for (const entry of entries) {
      const { dot } = entry;
      if (dot === undefined || (entry.status !== 'acked' && entry.status !== 'made')) continue;
      const name = `${JSON.stringify(key)} ${describe(entry)}`;
      if (!seen.has(dot.id, dot.counter)) {
        yield { kind: 'lost', what: `${name}: acknowledged, and not even seen` };
        continue;
      }
      if (held.some((version) => isOf(version, entry))) continue;
      if (entries.some((later) => later !== entry && isMade(later) && covers(later, entry))) continue;
      // What it covered is gone for good, which is judged there; it may have been reaped.
      if (entry.isDelete && (reaped === undefined || dot.counter <= reaped.get(dot.id))) continue;
      if (entries.some((later) => later !== entry && mayCover(later, entry))) {
        this.#excused.add(entry.op);
        continue;
      }
      yield { kind: 'lost', what: `${name}: acknowledged, gone, and nothing covered it (${listed(entries)})` };
    }
  }

  /** Acknowledged writes that a context covered without having shown them, or anything that had covered them. */
  *#unshown(key: string): Generator<string> {
    const entries = this.#byKey.get(key) ?? [];
    for (const later of entries) {
      const { shown } = later;
      if (shown === undefined || !isMade(later)) continue;
      for (const entry of entries) {
        // A tombstone that was reaped is known without being shown.
        if (entry === later || entry.isDelete || !isMade(entry) || !covers(later, entry)) continue;
        if (shown.some((dot) => textOf(dot) === textOf(entry.dot))) continue;
        const isKnown = (one: Entry): boolean =>
          one !== later && one !== entry && mayCover(one, entry) && (one.dot === undefined || covers(later, one));
        if (entries.some(isKnown)) continue;
        yield `${JSON.stringify(key)} ${describe(entry)}: ${describe(later)} covered it, and was not shown it`;
      }
    }
  }

  #place(op: number, status: Status, dot: Dot, covers: DotSet | undefined): Violation | undefined {
    const entry = this.#entry(op);
    entry.status = status;
    entry.covers ??= covers;
    return this.#name(dot, entry);
  }

  #name(dot: Dot, entry: Entry): Violation | undefined {
    entry.dot = dot;
    const before = this.#named.get(textOf(dot));
    this.#named.set(textOf(dot), entry.op);
    if (before === undefined || before === entry.op) return undefined;
    return { kind: 'reissued', what: `${textOf(dot)} names op ${before} and op ${entry.op}` };
  }

  #entry(op: number): Entry {
    const entry = this.#ops.get(op);
    if (entry === undefined) throw new Error(`op ${op} was never issued`);
    return entry;
  }
}

/** What two of the replicas show differently; undefined when all are equal. */
export function differenceOf(states: ReadonlyMap<string, ClusterState>): string | undefined {
  const [[first, one] = ['', undefined], ...others] = states;
  if (one === undefined) return undefined;
  for (const [name, other] of others) {
    for (const key of new Set([...one.keys.keys(), ...other.keys.keys()])) {
      const [left, right] = [one, other].map(({ keys }) => namesOf(keys.get(key)));
      if (left !== right) return `${JSON.stringify(key)}: ${first} shows ${left}, ${name} shows ${right}`;
    }
    if (!one.seen.equals(other.seen))
      return `${first} has seen ${one.seen.minus(other.seen).size} writes that ${name} has not, ${name} ${other.seen.minus(one.seen).size} the other way`;
  }
  return undefined;
}

function namesOf(held: readonly Held[] = []): string {
  return held
    .map(({ dot, op }) => `${textOf(dot)}=${op}`)
    .sort()
    .join(' ');
}

function isOf({ dot, op }: Held, entry: Entry): boolean {
  if (dot !== undefined && entry.dot !== undefined) return textOf(dot) === textOf(entry.dot);
  return op !== undefined && op === entry.op;
}

/** The delete without an answer that a tombstone may be of: no value tells. Of several, nobody knows what it covered. */
function unanswered(entries: readonly Entry[], { dot, op }: Held): Entry | undefined {
  if (dot === undefined || op !== undefined) return undefined;
  const all = entries.filter((entry) => entry.isDelete && entry.status === 'unknown' && entry.dot === undefined);
  const [one] = all;
  if (one !== undefined && all.length > 1) one.covers = undefined;
  return one;
}

/** Whether its tombstone may be there without being shown: alone at its key, until something is written beside it. */
function isHidden(entry: Entry, entries: readonly Entry[]): boolean {
  if (!entry.isDelete) return false;
  if (entry.dot === undefined) return entry.status === 'unknown';
  return isMade(entry) && !entries.some((later) => later !== entry && isMade(later) && covers(later, entry));
}

/** Whether it surely happened. */
function isMade({ status }: Entry): boolean {
  return status === 'acked' || status === 'made' || status === 'found';
}

function covers({ covers: set }: Entry, { dot }: Entry): boolean {
  return set !== undefined && dot !== undefined && set.has(dot.id, dot.counter);
}

/** Whether it may have happened and may have covered the other. */
function mayCover(later: Entry, entry: Entry): boolean {
  if (later.status === 'refused') return false;
  return covers(later, entry) || (later.covers === undefined && later.status !== 'acked');
}

function describe({ op, isDelete, status, dot, by }: Entry): string {
  return `op ${op}${isDelete ? ' delete' : ''} ${textOf(dot)} ${status} by ${by}`;
}

function listed(entries: readonly Entry[]): string {
  return entries.slice(-8).map(describe).join('; ');
}

/** A dot as messages have it. */
export function textOf(dot: Dot | undefined): string {
  return dot === undefined ? '?' : `${dot.id}:${dot.counter}`;
}
