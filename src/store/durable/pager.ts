/**
 * Which records of a durable store are in memory, and bringing in those that are not: one by one when a step needs them,
 * or all when it needs everything. What is in memory is newer than what is stored, never older. A record that cannot be
 * read is suspected of damage; so is the whole, when what was read does not sum up to what was written.
 */

import { CausalError } from '../../errors.ts';
import type { Storage } from '../../storage/storage.ts';
import { faultOfKey, INTERNAL_PREFIX } from '../key.ts';
import type { ReplicaState } from '../replica-state.ts';
import { tryDecode, tryText } from './check.ts';
import type { Damage } from './damage.ts';
import { DotSum, same } from './dot-sum.ts';
import type { IdBook } from './id-book.ts';
import { KIND, textKey, textOf } from './layout.ts';
import { admit } from './steps.ts';
import { decodeMoment, MOMENT_KEY, type Moment } from './stored-meta.ts';

export type PagerOptions = {
  readonly storage: Storage;
  readonly ids: IdBook;
  readonly damage: Damage;
  /** Nothing is stored that is not in memory. */
  readonly hasAll: boolean;
  /** Whether memory holds changes of the key that are not stored yet. */
  readonly isDirty: (key: string) => boolean;
  /** Called when everything was read and something of it is missing or cannot be read. */
  readonly examine: () => Promise<void>;
};

/** Brings records into memory. */
export class Pager {
  readonly #state: ReplicaState;
  readonly #options: PagerOptions;
  /** Keys whose record was removed for good while not everything was in memory yet. */
  readonly #gone = new Set<string>();
  /** Everything was read, and memory has the last word. */
  #isRead: boolean;
  /** What was read was also found whole, or what was missing was dealt with. */
  #hasAll: boolean;
  #loading: Promise<void> | undefined;

  constructor(state: ReplicaState, options: PagerOptions) {
    this.#state = state;
    this.#options = options;
    this.#isRead = options.hasAll;
    this.#hasAll = options.hasAll;
  }

  /** Whether every record is in memory. */
  get hasAll(): boolean {
    return this.#hasAll;
  }

  /** Takes note that the record of a key is removed from what is stored. */
  noteGone(key: string): void {
    if (!this.#hasAll) this.#gone.add(key);
  }

  /** Whether memory has the last word on a key, also while what was read is being examined. */
  isSure(key: string): boolean {
    return this.#hasAll || this.#state.table.has(key) || this.#options.isDirty(key) || this.#gone.has(key);
  }

  /** Whether memory has the last word on a key. */
  isKnown(key: string): boolean {
    return this.#isRead || this.#state.table.has(key) || this.#options.isDirty(key) || this.#gone.has(key);
  }

  /**
   * Brings the records of `keys` in; undefined when they are there already. That a key has no record is an answer with a
   * context, so it is not believed before everything was read and summed up.
   */
  page(keys: readonly string[]): Promise<void> | undefined {
    if (this.#hasAll) return undefined;
    if (this.#isRead) return this.load();
    const isKey = (key: string): boolean => typeof key === 'string' && faultOfKey(key) === undefined;
    const wanted = keys.filter((key) => isKey(key) && !this.isKnown(key));
    return wanted.length === 0 ? undefined : this.#pageIn(wanted);
  }

  async #pageIn(wanted: readonly string[]): Promise<void> {
    const asked = wanted.map((key) => textKey(KIND.record, key));
    const found = await this.#options.storage.getMany(asked);
    for (const [place, key] of wanted.entries()) {
      const sealed = found[place];
      if (sealed !== undefined && !this.isKnown(key))
        this.admit(key, asked[place] as Uint8Array /* parallel */, sealed);
    }
    const { suspects } = this.#options.damage;
    if (suspects.length > 0 || wanted.some((key) => !this.isKnown(key))) await this.load();
  }

  /** Brings in at once the record of a key. Throws: UNSUPPORTED where the engine cannot, or has none. */
  pageNow(key: string): void {
    if (this.#hasAll || this.#state.table.has(key) || (!this.#isRead && this.isKnown(key))) return;
    if (this.#isRead) this.requireAll();
    const { getNow } = this.#options.storage;
    if (getNow === undefined) this.requireAll();
    const at = textKey(KIND.record, key);
    const sealed = getNow?.(at);
    if (sealed === undefined) this.requireAll();
    else this.admit(key, at, sealed);
  }

  /** Throws UNSUPPORTED unless every record is in memory. */
  requireAll(): void {
    if (this.#hasAll) return;
    throw new CausalError('UNSUPPORTED', 'Cannot read at once: not every key is in memory, await store.load() before');
  }

  /** Puts a stored record into memory, or its key under suspicion. */
  admit(key: string, at: Uint8Array, sealed: Uint8Array): void {
    const record = tryDecode(at, sealed, this.#options.ids);
    if (record === undefined) this.#options.damage.suspect(key);
    else admit(this.#state.table, key, record);
  }

  /** Brings in the replica's own replicated data, which must be there from the beginning. */
  async pageInternal(): Promise<void> {
    const from = textKey(KIND.record, INTERNAL_PREFIX);
    const to = from.slice();
    to[to.length - 1] = (to.at(-1) ?? 0) + 1;
    for await (const chunk of this.#options.storage.scan({ from, to })) {
      for (const [at, sealed] of chunk) if (!this.isKnown(textOf(at))) this.admit(textOf(at), at, sealed);
    }
  }

  /** Brings everything in; undefined when it is there already. */
  load(): Promise<void> | undefined {
    if (this.#hasAll) return undefined;
    this.#loading ??= this.#loadAll().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** As `load`, for those who examine what was read: they do not wait for the outcome of their own examination. */
  read(): Promise<void> | undefined {
    return this.#isRead ? undefined : this.load();
  }

  /** Reads every record, what is in memory already only for the sum: what is missing must not pass for a delete. */
  async #loadAll(): Promise<void> {
    const { storage, ids, damage, examine } = this.#options;
    const sum = new DotSum();
    let moment: Moment | undefined;
    for await (const chunk of storage.scan({ from: MOMENT_KEY, to: Uint8Array.of(KIND.record + 1) })) {
      for (const [bytes, sealed] of chunk) {
        if (bytes[0] === KIND.meta) {
          moment ??= decodeMoment(sealed); // the first key of the range
          continue;
        }
        const key = tryText(bytes);
        if (key === undefined) continue; // the index names whose record it was
        const record = tryDecode(bytes, sealed, ids);
        if (record === undefined) {
          damage.suspect(key);
          continue;
        }
        for (const version of record.versions) sum.count(version, 1);
        if (!this.isKnown(key)) admit(this.#state.table, key, record);
      }
    }
    this.#isRead = true;
    const isWhole = moment === undefined || same(moment.dots, sum.value);
    if (!isWhole || damage.suspects.length > 0) await examine();
    this.#hasAll = true;
    this.#state.table.areMarksWhole = true;
    this.#gone.clear();
  }
}
