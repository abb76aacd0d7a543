/**
 * The journal of a durable store. Steps run on the state in memory, as in a store without one; the journal sees to it that
 * what a step needs is in memory before (pager.ts), that its outcome leaves only when it is durable (commits.ts), and that
 * what a disk has lost is neither believed to be absent nor spread as a delete.
 */

import { DotSet } from '../../clock/dot-set.ts';
import type { Durability, Storage } from '../../storage/storage.ts';
import type { Fault, Journal, Keys, OnProgress, VerifyReport } from '../journal.ts';
import type { KeyRange } from '../key-order.ts';
import { replicaIdOf } from '../membership.ts';
import type { Report } from '../operations.ts';
import { EMPTY_RECORD, find } from '../record.ts';
import type { ReplicaState } from '../replica-state.ts';
import type { Cell } from '../table.ts';
import { backupOf } from './backup.ts';
import { checkStored } from './check.ts';
import { Commits, unsettled } from './commits.ts';
import { type Damage, SOMETHING } from './damage.ts';
import type { IdBook } from './id-book.ts';
import { dotKey, KIND, textKey } from './layout.ts';
import { Pager } from './pager.ts';
import { recount, reissue } from './steps.ts';
import { encodeIdentity, type Identity, LIVES_MAX, type Moment, NOWHERE } from './stored-meta.ts';
import { encodeStoredRecord } from './stored-record.ts';

/** What was read when the store was opened. */
export type Opened = {
  readonly storage: Storage;
  readonly ids: IdBook;
  readonly damage: Damage;
  readonly identity: Identity;
  readonly moment: Moment;
  /** Nothing was stored before, so all of it is in memory. */
  readonly isNew: boolean;
  readonly durability: Durability;
  readonly drawIncarnation: () => string;
  readonly onReport: (report: Report) => void;
};

/** A fault that took versions with it. */
type Loss = Fault & { readonly key: string; readonly dots: DotSet };

/** Stands between the callers of a durable store and its state. */
export class DurableJournal implements Journal {
  readonly #state: ReplicaState;
  readonly #opened: Opened;
  readonly #storage: Storage;
  readonly #ids: IdBook;
  readonly #damage: Damage;
  readonly #commits: Commits;
  /** What was issued under a former id after a counter, and has to be issued anew. */
  #dispute: { readonly former: string; readonly counter: number } | undefined;
  /** The counter of the incarnation when this life of it began. */
  #issuedBefore: number;
  readonly #pager: Pager;

  constructor(state: ReplicaState, opened: Opened) {
    const { storage, ids, damage, isNew } = opened;
    this.#state = state;
    this.#opened = opened;
    this.#storage = storage;
    this.#ids = ids;
    this.#issuedBefore = opened.moment.counter;
    this.#damage = damage;
    this.#commits = new Commits(state, { ...opened, onGone: (key) => this.#pager.noteGone(key) });
    const isDirty = (key: string): boolean => this.#commits.isDirty(key);
    this.#pager = new Pager(state, { storage, ids, damage, hasAll: isNew, isDirty, examine: () => this.#examine() });
  }

  readonly #isHeld = (key: string): boolean => this.#state.table.has(key);

  async read<R>(keys: Keys, step: () => R): Promise<R> {
    const commits = this.#commits;
    for (;;) {
      await this.#ready(keys);
      this.#state.whileOpen();
      if (keys !== 'all') this.#damage.refuse(keys, this.#isHeld);
      const result = step();
      const isDirty = keys === 'all' ? commits.isAnyDirty : keys.some((key) => commits.isDirty(key));
      if (!isDirty) return result;
      const undone = commits.undone;
      try {
        await commits.settled();
        return result;
      } catch (error) {
        // What was seen has been undone: it was another's write that was refused, not this read. Look again.
        if (undone === commits.undone) throw error;
      }
    }
  }

  async write<R>(keys: Keys, step: () => R): Promise<R> {
    await this.#ready(keys);
    this.#state.whileOpen();
    if (keys !== 'all') this.#damage.refuse(keys, this.#isHeld);
    const result = step();
    await this.#commits.request();
    return result;
  }

  async exchange<R>(keys: Keys, step: () => R): Promise<R> {
    await this.#ready(keys);
    this.#state.whileOpen();
    const result = step();
    await this.#commits.request();
    return result;
  }

  now(key: string): Cell | undefined {
    if (this.#commits.isUnsettled) throw unsettled();
    this.#pager.pageNow(key);
    this.#damage.refuse([key], this.#isHeld);
    return this.#commits.isDirty(key) ? this.#commits.cellOf(key) : this.#state.table.get(key);
  }

  requireAll(): void {
    this.#pager.requireAll();
  }

  requireRange(range: KeyRange): void {
    this.#pager.requireAll();
    this.#damage.refuseWithin(range);
  }

  /** After opening: takes its place in the engine, under a new incarnation if `why` says that the old one cannot go on. */
  async begin(why: string | undefined, members: readonly string[], life: number): Promise<void> {
    await this.#pager.pageInternal();
    const { durability, identity } = this.#opened;
    const commits = this.#commits;
    const place = why === undefined ? identity.place : ((await this.#storage.place?.mark()) ?? NOWHERE);
    const isClean = durability === 'synced';
    this.#state.life = life;
    if (why !== undefined || !isClean || !identity.isClean || identity.members.join('\n') !== members.join('\n'))
      commits.identity = { ...identity, isClean, members, place };
    if (why !== undefined) this.#rename();
    await commits.request();
    // Who the replica is must be known for certain before it issues anything, however its writes are committed.
    if (durability === 'buffered')
      await this.#storage.commit({ puts: [encodeIdentity(commits.identity)], deletes: [] }, 'synced');
    if (why !== undefined) this.#tellRenewed(why);
    if (this.#damage.suspects.length > 0) await this.#pager.load();
  }

  hasLived(life: number): boolean {
    return life === this.#state.life || this.#commits.identity.lives.includes(life);
  }

  noteLife(): void {
    const { identity } = this.#commits;
    const { life } = this.#state;
    if (identity.lives.includes(life)) return;
    this.#commits.identity = { ...identity, lives: [...identity.lives, life].slice(-LIVES_MAX) };
  }

  /**
   * Begins a new incarnation because somebody else has issued dots under the old one. All that this life issued under it
   * is in dispute: it is issued anew, beside whatever the others have under the same dots. Law: L1, L23.
   */
  async renew(why: string, former: string): Promise<void> {
    await this.#ready('all');
    if (this.#state.id !== former) return;
    // With more lives than are remembered, a stranger may be one of them: then nothing is in dispute for certain.
    const isCertain = this.#commits.identity.lives.length < LIVES_MAX;
    const dispute = { former, counter: this.#issuedBefore };
    this.#rename();
    if (isCertain) this.#dispute = dispute;
    await this.#settleDispute();
    this.#tellRenewed(why);
  }

  /** Issues anew what is in dispute; again, if the commit that carried it was undone. */
  async #settleDispute(): Promise<void> {
    const dispute = this.#dispute;
    if (dispute !== undefined) reissue(this.#state, dispute.former, dispute.counter);
    await this.#commits.request();
    if (this.#dispute === dispute) this.#dispute = undefined;
  }

  endUnknownDamage(): void {
    this.#damage.endUnknown();
  }

  async acceptLoss(): Promise<readonly string[]> {
    await this.#ready('all');
    const keys = this.#damage.accept();
    await this.#commits.request();
    return keys;
  }

  async verify(onProgress?: OnProgress): Promise<VerifyReport> {
    await this.#commits.findOut();
    await this.#commits.request();
    const { faults, records, dots } = await checkStored(this.#storage, this.#ids, onProgress);
    const still = [...this.#state.damaged].map(([key, lost]): Fault => ({ kind: 'still-damaged', key, dots: lost }));
    await this.#treat(faults);
    const all = [...faults, ...still];
    return { isSound: all.length === 0, records, dots, faults: all };
  }

  backup(): AsyncIterable<Uint8Array> {
    return backupOf(this.#storage, () => this.#commits.request());
  }

  async compact(): Promise<void> {
    await this.#commits.request();
    await this.#storage.compact?.();
  }

  async close(): Promise<void> {
    try {
      await this.#commits.request();
      if (this.#opened.durability === 'buffered') {
        const identity = encodeIdentity({ ...this.#commits.identity, isClean: true });
        await this.#storage.commit({ puts: [identity], deletes: [] }, 'synced');
      }
    } finally {
      await this.#storage.close();
    }
  }

  /** Goes on under an incarnation that was never used. */
  #rename(): void {
    const { name } = this.#commits.identity;
    const used = new Set([this.#state.id, ...this.#state.knowledge.seen.ids()]);
    let incarnation = this.#opened.drawIncarnation();
    for (let more = 1; used.has(replicaIdOf(name, incarnation)); more += 1)
      incarnation = this.#opened.drawIncarnation() + String(more);
    this.#commits.identity = { ...this.#commits.identity, incarnation };
    this.#commits.noteRename();
    this.#state.rename(replicaIdOf(name, incarnation));
    this.#issuedBefore = 0;
  }

  #tellRenewed(why: string): void {
    this.#opened.onReport({ kind: 'renewed', id: this.#state.id, why });
  }

  /** Answers when a step on `keys` may run, at once. */
  async #ready(keys: Keys): Promise<void> {
    this.#state.whileOpen();
    if (this.#commits.isUnsettled) await this.#commits.findOut();
    const wait = keys === 'all' || this.#dispute !== undefined ? this.#pager.load() : this.#pager.page(keys);
    if (wait !== undefined) await wait;
    if (this.#dispute !== undefined) await this.#settleDispute();
  }

  /** Finds out what was lost, after something did not read as it was written. */
  async #examine(): Promise<void> {
    await this.#commits.request();
    const { faults } = await checkStored(this.#storage, this.#ids);
    await this.#treat(faults);
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
  async #treat(faults: readonly Fault[]): Promise<void> {
    const { table } = this.#state;
    const gone = faults.filter(isLoss).filter(({ key }) => {
      const isHeld = this.#pager.isSure(key);
      const record = table.record(key);
      if (isHeld && !this.#commits.isDirty(key) && table.has(key)) {
        const at = textKey(KIND.record, key);
        this.#damage.write([at, encodeStoredRecord(at, record, this.#ids)]);
      }
      return !isHeld;
    });
    if (gone.length > 0) await this.#quarantine(gone);
    this.#mendIndex(faults);
    if (faults.some(({ kind }) => kind === 'sum-differs')) await this.#markUnknown();
    if (faults.some(({ kind }) => kind === 'index-stale')) await this.#recount();
    await this.#commits.request();
  }

  /**
   * Takes what was lost out of what this replica claims to have seen, so that its absence is no answer and peers send it
   * again. Dots of its own that were lost make its id one that cannot be trusted: it goes on under a new one.
   */
  async #quarantine(lost: readonly Loss[]): Promise<void> {
    await this.#pager.read();
    const { knowledge, table, damaged } = this.#state;
    const fresh = lost.filter(({ key }) => !this.#commits.isDirty(key) && !damaged.has(key));
    if (fresh.length === 0) return;
    const dots = fresh.reduce((all, { dots: gone }) => all.union(gone), DotSet.empty);
    // All in one step: between them the state would claim what it does not hold.
    const isOwn = dots.ids().includes(knowledge.id);
    if (isOwn) this.#rename();
    this.#commits.unlearn(dots);
    for (const { key, dots: gone } of fresh) {
      this.#damage.add(key, gone);
      table.set(key, EMPTY_RECORD);
    }
    await this.#recount();
    if (isOwn) this.#tellRenewed('records it wrote were lost');
    this.#opened.onReport({ kind: 'damage', dots: [...dots], keys: fresh.map(({ key }) => key) });
  }

  /** Something vanished with its index entries: until a peer was compared with, nothing not held here is an answer. */
  async #markUnknown(): Promise<void> {
    await this.#pager.read();
    if (this.#state.damaged.has(SOMETHING)) return;
    this.#damage.addUnknown();
    await this.#recount();
    this.#opened.onReport({ kind: 'damage', dots: [], keys: [] });
  }

  /** Takes live hash and sum anew over what there is. */
  async #recount(): Promise<void> {
    await this.#pager.read();
    recount(this.#state.table);
    this.#commits.recount();
    await this.#commits.request();
  }

  /** Writes the index entries that sound records should have, and removes those that name nothing. */
  #mendIndex(faults: readonly Fault[]): void {
    for (const fault of faults) {
      if (fault.kind !== 'index-missing' && fault.kind !== 'index-stale') continue;
      for (const { id, counter } of fault.dots) {
        const key = dotKey(this.#ids.numberOf(id), counter);
        const isCurrent = find(this.#state.table.record(fault.key).versions, { id, counter }) !== undefined;
        if (this.#pager.isSure(fault.key) && isCurrent !== (fault.kind === 'index-missing')) continue;
        if (fault.kind === 'index-missing') this.#damage.write([key, textKey(KIND.record, fault.key).subarray(1)]);
        else this.#damage.remove(key);
      }
    }
  }
}

function isLoss(fault: Fault): fault is Loss {
  return fault.kind === 'record-corrupt' || fault.kind === 'record-missing';
}
