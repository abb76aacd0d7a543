/**
 * What a durable store does about damage: finds out what was lost, writes again what memory still has, puts the rest in
 * quarantine, and makes the index agree with the records. What a check looks at is in check.ts, what is known of damaged
 * keys in damage.ts.
 */

import type { Dot } from '../../clock/dot.ts';
import { DotSet } from '../../clock/dot-set.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Fault } from '../journal.ts';
import type { Report } from '../operations.ts';
import { dotOf, EMPTY_RECORD, find, type StoreRecord } from '../record.ts';
import type { ReplicaState } from '../replica-state.ts';
import { toRecord } from '../table.ts';
import { type CheckResult, checkStored } from './check.ts';
import type { Commits } from './commits.ts';
import { type Damage, SOMETHING } from './damage.ts';
import type { IdBook } from './id-book.ts';
import { KIND, textKey } from './layout.ts';
import type { NameMends } from './name-mends.ts';
import type { Pager } from './pager.ts';
import { admit, recount } from './steps.ts';
import { encodeStoredRecord } from './stored-record.ts';

/** A fault that took versions with it. */
type Loss = Extract<Fault, { readonly kind: 'record-corrupt' | 'record-missing' | 'record-former' }>;

export type TreatmentParts = {
  readonly storage: Storage;
  readonly ids: IdBook;
  readonly damage: Damage;
  readonly mends: NameMends;
  readonly commits: Commits;
  readonly pager: Pager;
  readonly onReport: (report: Report) => void;
  /** Begins a new incarnation; and says why, once it is durable. */
  readonly rename: () => void;
  readonly tellRenewed: (why: string) => void;
};

/** Treats the damage of one store. */
export class Treatment {
  readonly #state: ReplicaState;
  readonly #parts: TreatmentParts;
  readonly #storage: Storage;
  readonly #ids: IdBook;
  readonly #damage: Damage;
  readonly #commits: Commits;
  readonly #pager: Pager;
  /** What is to be reported once it is durable. */
  readonly #untold: (() => void)[] = [];

  constructor(state: ReplicaState, parts: TreatmentParts) {
    this.#state = state;
    this.#parts = parts;
    this.#storage = parts.storage;
    this.#ids = parts.ids;
    this.#damage = parts.damage;
    this.#commits = parts.commits;
    this.#pager = parts.pager;
  }

  /** Finds out what was lost, after something did not read as it was written. */
  async examine(): Promise<void> {
    await this.#commits.request();
    await this.treat(await checkStored(this.#storage, this.#ids));
    // What is under suspicion still was read well this time.
    for (const key of this.#damage.suspects) {
      this.#damage.clear(key);
      const at = textKey(KIND.record, key);
      const [sealed] = await this.#storage.getMany([at]);
      const isHeld = this.#state.table.has(key) || this.#commits.isDirty(key);
      if (sealed !== undefined && !isHeld) this.#pager.admit(key, at, sealed);
    }
  }

  /** Writes again what memory still has, puts the rest in quarantine, and makes the index agree with the records. */
  async treat({ faults, unreadable }: CheckResult): Promise<void> {
    const { table } = this.#state;
    const gone = faults.filter(isLoss).filter((fault) => {
      const { key } = fault;
      const record = table.record(key);
      // Once everything was found whole, memory has the last word: what is missing there was superseded since the check.
      const isHeld = this.#pager.isSure(key) && (this.#pager.hasAll || !this.#isReadFrom(fault, record));
      if (isHeld && !this.#commits.isDirty(key)) {
        const at = textKey(KIND.record, key);
        if (table.has(key)) this.#damage.write([at, encodeStoredRecord(at, record, this.#ids)]);
        else this.#damage.remove(at);
      }
      return !isHeld;
    });
    if (gone.length > 0) await this.#quarantine(gone);
    this.#mendIndex(faults);
    for (const key of unreadable) this.#damage.remove(key);
    const isNameless = gone.some(({ kind, dots }) => kind === 'record-corrupt' && dots.isEmpty);
    if (isNameless || faults.some(({ kind }) => kind === 'sum-differs')) await this.#markUnknown();
    if (faults.some(({ kind }) => kind === 'index-stale')) await this.#recount();
    await this.#commits.request();
    for (const tell of this.#untold.splice(0)) tell();
  }

  /**
   * Takes what was lost out of what this replica claims to have seen, so that its absence is no answer and peers send it
   * again. Dots of its own that were lost make its id one that cannot be trusted: it goes on under a new one.
   */
  async #quarantine(lost: readonly Loss[]): Promise<void> {
    await this.#pager.read();
    const { knowledge, table, damaged } = this.#state;
    const clean = lost.filter(({ key }) => !this.#commits.isDirty(key));
    if (clean.length === 0) return;
    const fresh = clean.filter((fault) => isMore(fault, damaged.get(fault.key)));
    const dots = fresh.reduce((all, { dots: gone }) => all.union(gone), DotSet.empty);
    // All in one step: between them the state would claim what it does not hold.
    const isOwn = dots.ids().includes(knowledge.id);
    if (isOwn) this.#parts.rename();
    this.#commits.unlearn(dots);
    for (const { key, dots: gone } of fresh) this.#damage.add(key, gone.union(damaged.get(key) ?? DotSet.empty));
    for (const fault of clean) {
      if (fault.kind === 'record-former') this.#dropStale(fault.key, fault.stale);
      else if (fresh.includes(fault)) table.set(fault.key, EMPTY_RECORD);
    }
    if (isOwn) this.#untold.push(() => this.#parts.tellRenewed('records it wrote were lost'));
    const keys = fresh.map(({ key }) => key);
    if (keys.length > 0) this.#untold.push(() => this.#parts.onReport({ kind: 'damage', dots: [...dots], keys }));
    await this.#recount();
  }

  /** What was written over goes; what its residual says is as true as it was. It was never there: no undoing brings it back. */
  #dropStale(key: string, stale: DotSet): void {
    const { table } = this.#state;
    const { versions: all, residual } = table.record(key);
    const versions = all.filter((version) => !has(stale, version));
    const record: StoreRecord = { versions, residual };
    admit(table, key, record);
    const at = textKey(KIND.record, key);
    if (versions.length === 0 && residual.isEmpty) this.#damage.remove(at);
    else this.#damage.write([at, encodeStoredRecord(at, record, this.#ids)]);
  }

  /** Whether what memory has of a key was read from a record that is not the newest. */
  #isReadFrom(fault: Loss, { versions }: StoreRecord): boolean {
    if (fault.kind !== 'record-former' || this.#commits.isDirty(fault.key)) return false;
    return versions.some((version) => has(fault.stale, version)) || !DotSet.of(versions.map(dotOf)).covers(fault.dots);
  }

  /**
   * Something vanished, and nothing says what: until all that a peer has was taken in, nothing not held here is an answer.
   * Nor does this replica claim any longer to have seen more than it holds: what vanished would be superseded by that.
   */
  async #markUnknown(): Promise<void> {
    await this.#pager.read();
    if (this.#state.damaged.has(SOMETHING)) return;
    this.#damage.addUnknown();
    this.#parts.rename();
    const { knowledge, table } = this.#state;
    const held = [...table.cells()].flatMap(([, cell]) => toRecord(cell).versions.map(dotOf));
    this.#commits.unlearn(knowledge.seen.minus(DotSet.of(held)));
    this.#untold.push(() => this.#parts.tellRenewed('records were lost that nothing names'));
    this.#untold.push(() => this.#parts.onReport({ kind: 'damage', dots: [], keys: [] }));
    await this.#recount();
  }

  /** Takes live hash and sum anew over what there is. */
  async #recount(): Promise<void> {
    await this.#pager.read();
    recount(this.#state.table);
    this.#commits.recount();
    await this.#commits.request();
  }

  /** Names what sound records hold, and ends names of what no record holds. */
  #mendIndex(faults: readonly Fault[]): void {
    for (const fault of faults) {
      if (fault.kind !== 'index-missing' && fault.kind !== 'index-stale') continue;
      for (const { id, counter } of fault.dots) {
        const number = this.#ids.numberOf(id);
        const isCurrent = find(this.#state.table.record(fault.key).versions, { id, counter }) !== undefined;
        if (this.#pager.isSure(fault.key) && isCurrent !== (fault.kind === 'index-missing')) continue;
        if (fault.kind === 'index-missing') this.#parts.mends.name(number, counter, fault.key);
        else this.#parts.mends.unname(number, counter);
      }
    }
  }
}

function isLoss(fault: Fault): fault is Loss {
  return ['record-corrupt', 'record-missing', 'record-former'].includes(fault.kind);
}

/**
 * Whether it says that more of a key is lost than is known: also what a damaged one has taken in since may be. Nothing is
 * where a record only holds more than it should.
 */
function isMore({ kind, dots }: Loss, known: DotSet | undefined): boolean {
  return dots.isEmpty ? kind === 'record-corrupt' : known === undefined || !known.covers(dots);
}

function has(dots: DotSet, { id, counter }: Dot): boolean {
  return dots.has(id, counter);
}
