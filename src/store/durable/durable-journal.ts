/**
 * The journal of a durable store. Steps run on the state in memory, as in a store without one; the journal sees to it that
 * what a step needs is in memory before (pager.ts), that its outcome leaves only when it is durable (commits.ts), and that
 * what a disk has lost is neither believed to be absent nor spread as a delete.
 */

import type { DotSet } from '../../clock/dot-set.ts';
import { CausalError } from '../../errors.ts';
import type { Durability, Storage } from '../../storage/storage.ts';
import type { Fault, Journal, Keys, OnProgress, VerifyReport } from '../journal.ts';
import type { KeyRange } from '../key-order.ts';
import { replicaIdOf } from '../membership.ts';
import type { Report } from '../operations.ts';
import type { ReplicaState } from '../replica-state.ts';
import type { Cell } from '../table.ts';
import { backupOf } from './backup.ts';
import { checkStored } from './check.ts';
import { Commits, unsettled } from './commits.ts';
import type { Damage } from './damage.ts';
import type { IdBook } from './id-book.ts';
import type { NameMends } from './name-mends.ts';
import { Tidier } from './name-tidy.ts';
import { Pager } from './pager.ts';
import { reissue, rename } from './steps.ts';
import { encodeIdentity, type Identity, LIVES_MAX, type Moment, NOWHERE } from './stored-meta.ts';
import { Treatment } from './treatment.ts';

/** What was read when the store was opened. */
export type Opened = {
  readonly storage: Storage;
  readonly ids: IdBook;
  readonly damage: Damage;
  readonly mends: NameMends;
  readonly identity: Identity;
  readonly moment: Moment;
  /** Nothing was stored before, so all of it is in memory. */
  readonly isNew: boolean;
  /** What was stored is of an older format. */
  readonly isOld: boolean;
  readonly durability: Durability;
  readonly drawIncarnation: () => string;
  readonly onReport: (report: Report) => void;
};

/** How often a read looks again whose sight was undone. */
const LOOKS_MAX = 8;

/** Stands between the callers of a durable store and its state. */
export class DurableJournal implements Journal {
  readonly #state: ReplicaState;
  readonly #opened: Opened;
  readonly #storage: Storage;
  readonly #ids: IdBook;
  readonly #damage: Damage;
  readonly #commits: Commits;
  readonly #tidier: Tidier;
  /** What was issued under a former id after a counter, and has to be issued anew. */
  #dispute: { readonly former: string; readonly counter: number } | undefined;
  /** The counter of the incarnation when this life of it began. */
  #issuedBefore: number;
  #isLifeNoted = false;
  readonly #pager: Pager;
  readonly #treatment: Treatment;

  constructor(state: ReplicaState, opened: Opened) {
    const { storage, ids, damage, isNew } = opened;
    this.#state = state;
    this.#opened = opened;
    this.#storage = storage;
    this.#ids = ids;
    this.#issuedBefore = opened.moment.counter;
    this.#damage = damage;
    this.#commits = new Commits(state, {
      ...opened,
      onGone: (key) => this.#pager.noteGone(key),
      onDone: () => this.#tidier.noteCommit(),
    });
    this.#tidier = new Tidier(storage, this.#commits);
    const isDirty = (key: string): boolean => this.#commits.isDirty(key);
    this.#pager = new Pager(state, {
      storage,
      ids,
      damage,
      hasAll: isNew,
      isDirty,
      examine: () => this.#treatment.examine(),
    });
    const rename = (): void => this.#rename();
    const tellRenewed = (why: string): void => this.#tellRenewed(why);
    this.#treatment = new Treatment(state, {
      ...opened,
      commits: this.#commits,
      pager: this.#pager,
      rename,
      tellRenewed,
    });
  }

  readonly #isHeld = (key: string): boolean => this.#state.table.has(key);

  async read<R>(keys: Keys, step: () => R): Promise<R> {
    const commits = this.#commits;
    for (let looks = 1; ; looks += 1) {
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
        // What was seen has been undone: it was another's write that was refused, not this read. Look again; but a step
        // that itself tidies what it looks at would be undone for as long as the medium is full.
        if (undone === commits.undone || looks === LOOKS_MAX) throw error;
      }
    }
  }

  write<R>(keys: Keys, step: () => R): Promise<R> {
    try {
      const wait = this.#unready(keys);
      return wait === undefined ? this.#run(keys, step) : wait.then(() => this.#run(keys, step));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #run<R>(keys: Keys, step: () => R): Promise<R> {
    this.#state.whileOpen();
    if (keys !== 'all') this.#damage.refuse(keys, this.#isHeld);
    return this.#commitOf(step());
  }

  exchange<R>(keys: Keys, step: () => R): Promise<R> {
    return this.#whenReady(keys, () => {
      this.#state.whileOpen();
      return this.#commitOf(step());
    });
  }

  whole(): Promise<void> | undefined {
    return this.#unready('all');
  }

  async summed(): Promise<void> {
    // Where the marks are known of what is stored, nothing of that has a residual.
    await this.#ready(this.#state.table.areMarksWhole ? [] : 'all');
  }

  /** Runs at once what needs to wait for nothing. */
  #whenReady<R>(keys: Keys, run: () => Promise<R>): Promise<R> {
    try {
      const wait = this.#unready(keys);
      return wait === undefined ? run() : wait.then(run);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The result of a step, once all that it changed is durable. */
  #commitOf<R>(result: R): Promise<R> {
    this.#noteIssued();
    return this.#commits.request().then(() => result);
  }

  /** Where a life began is noted with the first thing that it issues, in the same commit. */
  #noteIssued(): void {
    if (!this.#isLifeNoted && this.#state.knowledge.counter > this.#issuedBefore) this.noteLife();
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
    const { durability, identity, isOld } = this.#opened;
    const commits = this.#commits;
    const place = why === undefined ? identity.place : ((await this.#storage.place?.mark()) ?? NOWHERE);
    const isClean = durability === 'synced';
    this.#state.life = life;
    const isSame = isClean && identity.isClean && identity.members.join('\n') === members.join('\n');
    // With the identity, everything is of this format: an older release refuses it from then on.
    if (why !== undefined || isOld || !isSame) commits.identity = { ...identity, isClean, members, place };
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

  endOf(life: number): number {
    const { starts } = this.#commits.identity;
    const at = starts.findIndex((start) => start.life === life);
    if (at < 0 || life === this.#state.life) return Number.POSITIVE_INFINITY;
    return starts[at + 1]?.counter ?? this.#issuedBefore;
  }

  noteLife(): void {
    if (this.#isLifeNoted) return;
    this.#isLifeNoted = true;
    const { identity } = this.#commits;
    const { life } = this.#state;
    const lives = identity.lives.includes(life) ? identity.lives : [...identity.lives, life].slice(-LIVES_MAX);
    const starts = [...identity.starts, { life, counter: this.#issuedBefore }].slice(-LIVES_MAX);
    this.#commits.identity = { ...identity, lives, starts };
  }

  /**
   * Begins a new incarnation because somebody else has issued dots under the old one. All that was issued under it after
   * that, at least in this life, is in dispute: it is issued anew, beside whatever the others have under the same dots. Law: L1, L23.
   */
  async renew(why: string, former: string, disputed?: number | 'nothing'): Promise<void> {
    await this.#ready('all');
    if (this.#state.id !== former) return;
    // With more lives than are remembered, a stranger may be one of them: then nothing is in dispute for certain.
    const isCertain = disputed !== 'nothing' && this.#commits.identity.lives.length < LIVES_MAX;
    const dispute = { former, counter: Math.min(Number(disputed ?? this.#issuedBefore), this.#issuedBefore) };
    this.#rename();
    if (isCertain) this.#dispute = dispute;
    await this.#settleDispute();
    this.#tellRenewed(why);
  }

  /** Issues anew what is in dispute; again, if the commit that carried it was undone. */
  async #settleDispute(): Promise<void> {
    const dispute = this.#dispute;
    if (dispute !== undefined) reissue(this.#state, dispute.former, dispute.counter);
    this.#noteIssued();
    await this.#commits.request();
    if (this.#dispute === dispute) this.#dispute = undefined;
  }

  undone(): number {
    return this.#commits.undone;
  }

  noteAsked(peer: string, seen: DotSet): void {
    this.#damage.noteAsked(peer, seen, this.#state);
  }

  endUnknownDamage(): void {
    this.#damage.endUnknown();
  }

  async acceptLoss(): Promise<readonly string[]> {
    await this.#ready('all');
    const keys = this.#damage.accept();
    if (keys.length > 0) this.#state.mends += 1;
    await this.#commits.request();
    return keys;
  }

  async verify(onProgress?: OnProgress): Promise<VerifyReport> {
    await this.#commits.findOut();
    await this.#commits.request();
    const found = await checkStored(this.#storage, this.#ids, onProgress);
    const { faults, records, dots } = found;
    const still = [...this.#state.damaged].map(([key, lost]): Fault => ({ kind: 'still-damaged', key, dots: lost }));
    await this.#treatment.treat(found);
    const all = [...faults, ...still];
    return { isSound: all.length === 0, records, dots, faults: all };
  }

  backup(): AsyncIterable<Uint8Array> {
    this.#state.knowledge.noteTold();
    return backupOf(this.#storage, () => this.#commits.requestAll());
  }

  async compact(): Promise<void> {
    await this.#commits.request();
    await this.#tidier.tidyAll().catch((error: unknown) => {
      // Names that cannot be read stay as they are: a check says so, and mends them.
      if (!(error instanceof CausalError && error.code === 'RECORD_CORRUPT')) throw error;
    });
    await this.#storage.compact?.();
  }

  async close(): Promise<void> {
    try {
      await this.#tidier.end();
      await this.#commits.requestAll();
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
    this.#commits.identity = { ...this.#commits.identity, incarnation, starts: [] };
    this.#commits.noteRename();
    rename(this.#state, replicaIdOf(name, incarnation));
    this.#issuedBefore = 0;
    this.#isLifeNoted = false;
  }

  #tellRenewed(why: string): void {
    this.#opened.onReport({ kind: 'renewed', id: this.#state.id, why });
  }

  /** Answers when a step on `keys` may run; undefined when it may at once. */
  #unready(keys: Keys): Promise<void> | undefined {
    this.#state.whileOpen();
    if (this.#commits.isUnsettled || this.#dispute !== undefined) return this.#ready(keys);
    const wait = keys === 'all' ? this.#pager.load() : this.#pager.page(keys);
    return wait?.then(() => (this.#dispute === undefined ? undefined : this.#settleDispute()));
  }

  /** Answers when a step on `keys` may run, at once. */
  async #ready(keys: Keys): Promise<void> {
    this.#state.whileOpen();
    if (this.#commits.isUnsettled) await this.#commits.findOut();
    const wait = keys === 'all' || this.#dispute !== undefined ? this.#pager.load() : this.#pager.page(keys);
    if (wait !== undefined) await wait;
    if (this.#dispute !== undefined) await this.#settleDispute();
  }
}
