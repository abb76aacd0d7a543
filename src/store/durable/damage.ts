/**
 * Keys whose stored record was lost, kept until they are refilled. A damaged key is never absent: whoever reads it is
 * refused, and what it had seen is taken out of the replica's clocks (durable-journal.ts), so that peers send it again.
 */

import { DotSet } from '../../clock/dot-set.ts';
import { readDotSet, writeDotSet } from '../../clock/encoding.ts';
import { compareText } from '../../codec/text.ts';
import { CausalError } from '../../errors.ts';
import type { ByteEntry } from '../../storage/storage.ts';
import { isInternalKey } from '../key.ts';
import type { KeyRange } from '../key-order.ts';
import { nameOf } from '../membership.ts';
import { isTombstone } from '../record.ts';
import type { ReplicaState } from '../replica-state.ts';
import type { IdBook } from './id-book.ts';
import { KIND, seal, textKey, textOf, unseal } from './layout.ts';
import type { NameMends } from './name-mends.ts';

/** Stands for a key that nobody knows; no key is empty. */
export const SOMETHING = '';

/** The damaged keys of a store, those under suspicion, and what is to be written about them. */
export class Damage {
  readonly #damaged: Map<string, DotSet>;
  readonly #ids: IdBook;
  readonly #mends: NameMends;
  readonly #suspects = new Set<string>();
  /** Of a damaged key, the names of the peers that were asked for it since, as far as this life of the store knows. */
  readonly #asked = new Map<string, Set<string>>();
  /** Damage that ended with changes that are not durable yet. */
  readonly #ended = new Map<string, DotSet>();
  /** What is to be written, by key; undefined to remove it. The newest word on a key counts. */
  readonly #pending = new Map<string, readonly [key: Uint8Array, value: Uint8Array | undefined]>();
  #drawn: ReadonlyMap<string, readonly [key: Uint8Array, value: Uint8Array | undefined]> = new Map();
  #drawnEnds: readonly string[] = [];

  constructor(damaged: Map<string, DotSet>, ids: IdBook, mends: NameMends) {
    this.#damaged = damaged;
    this.#ids = ids;
    this.#mends = mends;
  }

  /** Reads an entry that was stored; one that is damaged itself says that something was lost, and not what. */
  take([key, sealed]: ByteEntry): void {
    try {
      this.#damaged.set(textOf(key), unseal(key, sealed, readDotSet));
    } catch (error) {
      if (!(error instanceof CausalError && error.code === 'RECORD_CORRUPT')) throw error;
      this.remove(key);
      this.addUnknown();
    }
  }

  /** Whether something was lost that nobody can name. */
  get isUnknown(): boolean {
    return this.#damaged.has(SOMETHING);
  }

  get suspects(): readonly string[] {
    return [...this.#suspects];
  }

  /** Something did not read as it was written; nobody may take it for absent until it is known what. */
  suspect(key: string): void {
    this.#suspects.add(key);
  }

  clear(key: string): void {
    this.#suspects.delete(key);
  }

  /** The record of a key is lost, and with it these dots. */
  add(key: string, dots: DotSet): void {
    this.#suspects.delete(key);
    this.#asked.delete(key);
    this.#damaged.set(key, dots);
    const at = textKey(KIND.damaged, key);
    this.write([at, seal(at, (writer) => writeDotSet(writer, dots))]);
    if (key !== SOMETHING) this.remove(textKey(KIND.record, key));
    for (const { id, counter } of dots) this.#mends.unname(this.#ids.numberOf(id), counter);
  }

  /** Something was lost, and nothing says what. */
  addUnknown(): void {
    if (!this.#damaged.has(SOMETHING)) this.add(SOMETHING, DotSet.empty);
  }

  /** Forgets that anything is damaged; gives the keys. What was lost stays unlearned. */
  accept(): readonly string[] {
    const keys = [...this.#damaged.keys()];
    for (const key of keys) this.#end(key);
    return keys.filter((key) => key !== SOMETHING);
  }

  /** Throws RECORD_CORRUPT if one of the keys is damaged, or may be. */
  refuse(keys: readonly string[], isHeld: (key: string) => boolean): void {
    if (this.#damaged.size + this.#suspects.size === 0) return;
    // As long as nobody knows what was lost, any key that is not held may be it.
    const isAnyLost = this.#damaged.has(SOMETHING);
    const isLost = (key: string): boolean => this.#damaged.has(key) || this.#suspects.has(key);
    const hit = keys.filter((key) => isLost(key) || (isAnyLost && !isHeld(key)));
    const [first] = hit;
    if (first === undefined) return;
    throw new CausalError(
      'RECORD_CORRUPT',
      `Cannot read ${JSON.stringify(first)}: its stored record was lost, exchange with a healthy peer`,
      { keys: hit },
    );
  }

  /** Throws RECORD_CORRUPT if a key that a scan of `range` would visit is damaged, or may be. */
  refuseWithin(range: KeyRange): void {
    const isMet = (key: string): boolean => key === SOMETHING || (!isInternalKey(key) && isWithin(key, range));
    const lost = [...this.#damaged.keys()].filter(isMet);
    this.refuse(lost, () => true);
  }

  /**
   * Ends the damage of keys that were refilled: what was lost has been taken in again; or no member has it any more, and
   * the key holds a value. A value alone does not end it, because it may stand beside what was lost. Where nobody can say what
   * was lost, it ends once all members were asked.
   */
  heal(state: ReplicaState): void {
    for (const [key, dots] of this.#damaged) {
      const isTakenIn = !dots.isEmpty && missing(dots, key, state).isEmpty;
      const isShown = dots.isEmpty || state.table.record(key).versions.some((version) => !isTombstone(version));
      if (!isTakenIn && !(isShown && this.#isNowhere(key, state))) continue;
      this.#end(key);
      // It shows what it showed nobody, and no new dot says so.
      if (!isTakenIn) state.mends += 1;
    }
  }

  /** All that a peer had to show was taken in: what is missing all the same it does not have, if it has not seen it. */
  noteAsked(peer: string, seen: DotSet, state: ReplicaState): void {
    for (const [key, dots] of this.#damaged) {
      if (!missing(dots, key, state).intersect(seen).isEmpty) continue;
      this.#asked.set(key, (this.#asked.get(key) ?? new Set()).add(nameOf(peer)));
    }
  }

  #isNowhere(key: string, { members, membership }: ReplicaState): boolean {
    const asked = this.#asked.get(key);
    return members.every((member) => membership.isSelf(member) || asked?.has(nameOf(member)) === true);
  }

  /** All that a peer has which lost nothing was taken in, or compared with all that is held here. */
  endUnknown(): void {
    for (const [key, dots] of this.#damaged) if (dots.isEmpty) this.#end(key);
  }

  /** An entry to write with the next commit. */
  write([key, value]: ByteEntry): void {
    this.#pending.set(String(key), [key, value]);
  }

  /** An entry to remove with the next commit. */
  remove(key: Uint8Array): void {
    this.#pending.set(String(key), [key, undefined]);
  }

  /** Adds what waits to a commit; what the commit says of a key itself goes before. */
  draw(puts: ByteEntry[], deletes: Uint8Array[]): void {
    if (this.#pending.size + this.#ended.size + this.#drawn.size + this.#drawnEnds.length === 0) return;
    this.#drawn = new Map(this.#pending);
    this.#drawnEnds = [...this.#ended.keys()];
    if (this.#drawn.size === 0) return;
    const named = new Set([...puts.map(([key]) => String(key)), ...deletes.map(String)]);
    for (const [name, [key, value]] of this.#drawn) {
      if (named.has(name)) continue;
      if (value === undefined) deletes.push(key);
      else puts.push([key, value]);
    }
  }

  /** What was drawn last is written. */
  noteWritten(): void {
    for (const [name, entry] of this.#drawn) if (this.#pending.get(name) === entry) this.#pending.delete(name);
    for (const key of this.#drawnEnds) this.#ended.delete(key);
  }

  /** What refilled the damaged keys was undone. What was found damaged stays so. */
  undo(): void {
    for (const [key, dots] of this.#ended) {
      this.#damaged.set(key, dots);
      this.#pending.delete(String(textKey(KIND.damaged, key)));
    }
    this.#ended.clear();
  }

  #end(key: string): void {
    this.#ended.set(key, this.#damaged.get(key) ?? DotSet.empty);
    this.#damaged.delete(key);
    this.remove(textKey(KIND.damaged, key));
  }
}

/** What of the lost dots of a key is not known here again. */
function missing(dots: DotSet, key: string, { knowledge, table }: ReplicaState): DotSet {
  return dots.minus(knowledge.seen).minus(table.record(key).residual);
}

function isWithin(key: string, { prefix = '', from = '', to }: KeyRange): boolean {
  return key.startsWith(prefix) && compareText(key, from) >= 0 && (to === undefined || compareText(key, to) < 0);
}
