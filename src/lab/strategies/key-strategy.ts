/**
 * Strategies that decide key by key: a state for each key, and a few functions on it. What is common to them is here: the
 * table, the exchange (as cheap as a perfect Merkle tree would make it: only keys that differ are sent), the census.
 * `as` in this file: the states that come back are those that the strategy itself gave out.
 */

import { assert } from '../../assert.ts';
import { utf8Length } from '../../codec/text.ts';
import {
  type Census,
  type ExchangeCost,
  type Met,
  NOTHING_SHOWN,
  type Reaping,
  type ReplicaSeat,
  type Shown,
  type Strategy,
  type StrategyReplica,
  type StrategyRun,
  type Taken,
  type Write,
} from './strategy.ts';

/** The basis of a write, in the type of the strategy. */
export type KeyWrite<S> = Omit<Write, 'basis'> & {
  readonly basis: { readonly kind: 'none' } | { readonly kind: 'shown'; readonly held: S | undefined };
};

/** What one replica remembers beside its keys, for instance a logical clock. */
export type Memory = Map<string, number>;

export type KeyRules<S> = Pick<Strategy, 'name' | 'title' | 'rule' | 'source' | 'showsConflicts'> & {
  /**
   * What the coordinating replica holds after a write; others are told the same. undefined: it refuses the write. May
   * change `memory`, and not `held`.
   */
  readonly write: (held: S | undefined, write: KeyWrite<S>, seat: ReplicaSeat, memory: Memory) => S | undefined;
  /** What the client of a write is answered, to base its next one on unread. Default: what others are told. */
  readonly answer?: (told: S, write: KeyWrite<S>) => S;
  /** Both sides' states as one. */
  readonly merge: (one: S, other: S) => S;
  /** What is kept of a state that was told or merged; undefined: no trace. Default: all of it. */
  readonly kept?: (state: S) => S | undefined;
  /** Called when a replica takes a state, for instance to advance a logical clock. */
  readonly heard?: (state: S, memory: Memory) => void;
  /** What is left of a state at a replica when it tidies up. Default: all of it. */
  readonly tidied?: (state: S, seat: ReplicaSeat) => S | undefined;
  readonly show: (state: S) => Shown;
  readonly isEqual: (one: S, other: S) => boolean;
  /** The versions it holds, and the deletes it still holds a trace of where it holds no value. */
  readonly versionsIn: (state: S) => number;
  readonly tombstonesIn: (state: S) => readonly number[];
  readonly metadataBytes: (state: S) => number;
  /** `held` has one entry for each replica. */
  readonly reaping?: { readonly delayMs: number; readonly decide: (held: readonly (S | undefined)[]) => S | undefined };
};

/** Of a value in an exchange: a number stands for it. */
const VALUE_BYTES = 4;

/** A strategy out of its rules. */
export function keyStrategy<S>(rules: KeyRules<S>): Strategy {
  const { name, title, rule, source, showsConflicts, reaping } = rules;
  // as: the states that come back are those that this strategy gave out
  const merge = (one: unknown, other: unknown): unknown =>
    one === undefined ? other : other === undefined ? one : rules.merge(one as S, other as S);
  const run: StrategyRun = {
    create: (seat) => new KeyReplica(rules, seat),
    merge: (_key, one, other) => merge(one, other),
    show: (_key, held) => (held === undefined ? NOTHING_SHOWN : rules.show(held as S)),
    isSame: (held, merged) =>
      held === undefined || merged === undefined ? held === merged : rules.isEqual(held as S, merged as S),
    bytesOf: (_key, told) => (told === undefined ? 0 : rules.metadataBytes(told as S)),
  };
  const kept = reaping === undefined ? {} : { reaping: reaping as Reaping };
  return { ...{ name, title, rule, source, showsConflicts }, ...kept, begin: () => run };
}

class KeyReplica<S> implements StrategyReplica {
  readonly #rules: KeyRules<S>;
  readonly #seat: ReplicaSeat;
  readonly #table = new Map<string, S>();
  readonly #memory: Memory = new Map();

  constructor(rules: KeyRules<S>, seat: ReplicaSeat) {
    this.#rules = rules;
    this.#seat = seat;
  }

  held(key: string): S | undefined {
    return this.#table.get(key);
  }

  write(write: Write): Taken | undefined {
    const typed = write as KeyWrite<S>; // as: the basis is a state that this strategy gave out
    const told = this.#rules.write(this.#table.get(write.key), typed, this.#seat, this.#memory);
    if (told === undefined) return undefined;
    this.#keep(write.key, told);
    return { told, answer: this.#rules.answer?.(told, typed) ?? told };
  }

  take(key: string, told: unknown): boolean {
    if (told === undefined) return false;
    const state = told as S; // as: told by a replica of this strategy
    this.#rules.heard?.(state, this.#memory);
    const held = this.#table.get(key);
    const merged = held === undefined ? state : this.#rules.merge(held, state);
    if (held !== undefined && this.#rules.isEqual(held, merged)) return false;
    return this.#keep(key, merged) || held !== undefined;
  }

  owed(_key: string, told: unknown): unknown {
    return told;
  }

  exchange(peer: StrategyReplica, changed: ReadonlySet<string>, met: Met): ExchangeCost {
    assert(peer instanceof KeyReplica, 'an exchange joins two replicas of one strategy');
    let records = 0;
    let needless = 0;
    let bytes = 0;
    for (const key of changed) {
      const mine: S | undefined = this.held(key);
      const theirs: S | undefined = peer.held(key);
      if (mine === undefined && theirs === undefined) continue;
      if (mine !== undefined && theirs !== undefined && this.#rules.isEqual(mine, theirs)) {
        met(key, false, false);
        continue;
      }
      const send = (to: KeyReplica<S>, state: S | undefined): boolean => {
        if (state === undefined) return false;
        records += 1;
        bytes += utf8Length(key) + this.#rules.metadataBytes(state) + VALUE_BYTES * this.#rules.versionsIn(state);
        const isChanged = to.take(key, state);
        if (!isChanged) needless += 1;
        return isChanged;
      };
      const isPeerChanged = send(peer, mine);
      met(key, send(this, theirs), isPeerChanged);
    }
    return { records, needless, bytes };
  }

  *tidy(): Iterable<string> {
    const { tidied } = this.#rules;
    if (tidied === undefined) return;
    for (const [key, state] of this.#table) {
      const left = tidied(state, this.#seat);
      if (left === state) continue;
      if (left === undefined) this.#table.delete(key);
      else this.#table.set(key, left);
      yield key;
    }
  }

  census(): Census {
    let versions = 0;
    let metadataBytes = 0;
    const tombstones: number[] = [];
    for (const state of this.#table.values()) {
      versions += this.#rules.versionsIn(state);
      metadataBytes += this.#rules.metadataBytes(state);
      tombstones.push(...this.#rules.tombstonesIn(state));
    }
    return { keys: this.#table.size, versions, tombstones, metadataBytes };
  }

  /** Whether anything is left of it. */
  #keep(key: string, state: S): boolean {
    const kept = this.#rules.kept === undefined ? state : this.#rules.kept(state);
    if (kept === undefined) this.#table.delete(key);
    else this.#table.set(key, kept);
    return kept !== undefined;
  }
}
