/**
 * A read of a group: this replica's own record and those of R − 1 others, absent ones with their context, merged; then
 * whoever answered with less is brought what it lacks, this replica first, so that the store's own policies decide what
 * is shown. Answers that come late still serve read repair. Law: L13, L14.
 */

import { assert } from '../assert.ts';
import { DotSet } from '../clock/dot-set.ts';
import { compareText } from '../codec/text.ts';
import type { Value } from '../codec/value.ts';
import type { TimedEnv } from '../env.ts';
import { CausalError, type ErrorCode } from '../errors.ts';
import { collide, mergeRecords, repairOf } from '../repair/read-repair.ts';
import type { Answer } from '../store/answer.ts';
import { checkKey } from '../store/key.ts';
import type { Version } from '../store/record.ts';
import type { ReplicaRecord } from '../store/replica-record.ts';
import { stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import { contextIn, widen } from './answer-context.ts';
import type { Bell } from './bell.ts';
import type { CaughtUp } from './caught-up.ts';
import { countRepair, type GroupCounts } from './group-counts.ts';
import type { ConnectedPeer } from './peers.ts';
import { readNotMet } from './quorum.ts';
import type { Roster } from './roster.ts';

/** A replica that has not caught up yet, or has too much to do, is asked again after this. */
const ASK_AGAIN_MS = 50;
const ASK_AGAIN: readonly ErrorCode[] = ['BEHIND', 'OVERLOADED'];
const ROUNDS_MAX = 4;

export type ReadParts<T> = {
  readonly store: VersionedKVStore<T>;
  readonly roster: Roster<T>;
  readonly caughtUp: CaughtUp<T>;
  readonly bell: Bell;
  readonly env: TimedEnv;
  readonly counts: GroupCounts;
};

/** What one read asks for. `isStrict`: acknowledged writes may have been promised to be seen. */
export type ReadQuorum = { readonly r: number; readonly timeoutMs: number; readonly isStrict: boolean };

/** An answer, whose replicas it reflects, and what these knew of the key beyond what is seen here. */
export type Read<T> = { readonly answer: Answer<T>; readonly from: readonly string[]; readonly heard: DotSet };

/** Reads over a group, and what they repair. */
export class GroupReads<T> {
  readonly #parts: ReadParts<T>;
  /** Repairs under way, by peer and key. */
  readonly #repairing: Map<string, Promise<void>> = new Map<string, Promise<void>>();

  constructor(parts: ReadParts<T>) {
    this.#parts = parts;
  }

  /** Throws: QUORUM_NOT_MET (nothing was changed), RECORD_CORRUPT, TypeError and RangeError (key). */
  async read(key: string, quorum: ReadQuorum): Promise<Read<T>> {
    checkKey(key);
    const { store, roster } = this.#parts;
    if (quorum.r === 1 && this.#isSelfCounted(quorum))
      return { answer: await store.get(key), from: [store.name], heard: DotSet.empty };
    const isLost = (await this.#ownRecord(key)) === undefined;
    const mayCount = (): boolean => !isLost && this.#isSelfCounted(quorum);
    const answers = await this.#gather(key, quorum, mayCount);
    const isSelfCounted = mayCount();
    const own = await this.#ownRecord(key);
    const names = [...answers.keys(), ...(isSelfCounted && own !== undefined ? [store.name] : [])].sort(compareText);
    if (names.length < quorum.r) throw readNotMet(key, quorum.r, names);
    const records = [...(own === undefined ? [] : [own]), ...answers.values()];
    const merged = await this.#takeIn(key, records);
    const answer = await this.#answerWith(key, merged);
    for (const [name, record] of answers) {
      const peer = roster.connected.find((connected) => connected.name === name);
      if (peer !== undefined) this.#repair(peer, record, merged);
    }
    return { answer, from: names, heard: merged.context };
  }

  /** Answers when no repair is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#repairing.values());
  }

  #isSelfCounted({ r, isStrict }: ReadQuorum): boolean {
    const { roster, caughtUp } = this.#parts;
    return roster.hasSelf && (!isStrict || caughtUp.isSelf(r));
  }

  /** The answers of others by name, when with this replica's own there are enough. Asks all that are connected at once. */
  async #gather(
    key: string,
    quorum: ReadQuorum,
    isSelfCounted: () => boolean,
  ): Promise<ReadonlyMap<string, ReplicaRecord>> {
    const { roster, bell, env } = this.#parts;
    const answers = new Map<string, ReplicaRecord>();
    const asked = new Map<string, 'asked' | 'later' | 'failed' | 'answered'>();
    let isOver = false;
    const ask = async (peer: ConnectedPeer): Promise<void> => {
      asked.set(peer.name, 'asked');
      try {
        const record = await this.#ask(peer, key);
        asked.set(peer.name, 'answered');
        if (isOver) await this.#repairLate(peer, record);
        else answers.set(peer.name, record);
      } catch (error) {
        const isLater = error instanceof CausalError && ASK_AGAIN.includes(error.code);
        asked.set(peer.name, isLater ? 'later' : 'failed');
        const isThere = (): boolean => roster.connected.some(({ id }) => id === peer.id);
        if (isLater && !isOver) env.after(ASK_AGAIN_MS, () => !isOver && isThere() && void ask(peer));
      }
      bell.ring();
    };
    const isEnough = (): boolean => {
      for (const peer of roster.connected) if (!asked.has(peer.name)) void ask(peer);
      return answers.size + (isSelfCounted() ? 1 : 0) >= quorum.r;
    };
    const isHopeless = (): boolean => {
      const open = [...asked.values()].filter((state) => state === 'asked' || state === 'later').length;
      return answers.size + open + (roster.hasSelf ? 1 : 0) < quorum.r;
    };
    await bell.until(() => isEnough() || isHopeless(), quorum.timeoutMs, ASK_AGAIN_MS);
    isOver = true;
    return answers;
  }

  /** A peer's answer, if it may count. Throws: as the link; BEHIND; IDENTITY_ALARM. */
  async #ask(peer: ConnectedPeer, key: string): Promise<ReplicaRecord> {
    const { store, caughtUp } = this.#parts;
    const record = await peer.ask(key);
    if (record.key !== key)
      throw new CausalError('PROTOCOL_VIOLATION', `Cannot use the answer of "${peer.id}": it is of another key`);
    stateOf(store).refuseForgedDots(record.context);
    if (caughtUp.hasHeard(peer, record)) return record;
    throw new CausalError('BEHIND', `Cannot count "${peer.id}": it has not heard yet that it is a member`, {
      id: peer.id,
    });
  }

  /** Undefined where it was lost; what others have brings it back. */
  async #ownRecord(key: string): Promise<ReplicaRecord | undefined> {
    try {
      return await this.#parts.store.record(key);
    } catch (error) {
      if (error instanceof CausalError && error.code === 'RECORD_CORRUPT') return undefined;
      throw error;
    }
  }

  /** The merged record; of dots with two contents the store makes what it makes of them. */
  async #takeIn(key: string, records: readonly ReplicaRecord[]): Promise<ReplicaRecord> {
    if (!collide(records)) return mergeRecords(key, records);
    for (const record of records) await this.#receive(record);
    return this.#parts.store.record(key);
  }

  /** What the store shows once it reflects `merged`, with the context of both. */
  async #answerWith(key: string, merged: ReplicaRecord): Promise<Answer<T>> {
    const { store } = this.#parts;
    for (let round = 0; ; round += 1) {
      const answer = await this.#parts.store.get(key).catch((error: unknown) => {
        if (error instanceof CausalError && error.code === 'RECORD_CORRUPT') return undefined;
        throw error;
      });
      const shown = answer === undefined ? undefined : recordIn(key, answer);
      const repair = shown === undefined ? 'value' : repairOf(shown, mergeRecords(key, [shown, merged]));
      if (answer !== undefined && repair === 'none') return widen(key, answer, merged.context);
      // Once it was taken in nothing can be shown that it outweighs.
      assert(round < ROUNDS_MAX, `"${store.id}" does not keep what it was given for "${key}"`);
      const { changed } = await this.#receive(merged);
      if (changed) countRepair(this.#parts.counts, repair);
      if (answer === undefined) return widen(key, await store.get(key), merged.context);
    }
  }

  #receive(record: ReplicaRecord): ReturnType<VersionedKVStore<T>['receiveReplica']> {
    return this.#parts.store.receiveReplica(record.key, record);
  }

  /** Gives a peer what it lacks, beside the call that found out; what fails is left to the exchange. */
  #repair(peer: ConnectedPeer, answered: ReplicaRecord, merged: ReplicaRecord): void {
    const repair = repairOf(answered, merged);
    const which = JSON.stringify([peer.name, merged.key]);
    if (repair === 'none' || this.#repairing.has(which)) return;
    const run = async (): Promise<void> => {
      const { added, superseded } = await peer.give(merged);
      if (added + superseded > 0) countRepair(this.#parts.counts, repair);
    };
    const repairing = run()
      .catch(() => undefined)
      .finally(() => this.#repairing.delete(which));
    this.#repairing.set(which, repairing);
  }

  async #repairLate(peer: ConnectedPeer, record: ReplicaRecord): Promise<void> {
    const own = await this.#ownRecord(record.key);
    if (own === undefined) return;
    const merged = await this.#takeIn(record.key, [own, record]);
    const repair = repairOf(own, merged);
    if (repair !== 'none') {
      const { changed } = await this.#receive(merged);
      if (changed) countRepair(this.#parts.counts, repair);
    }
    this.#repair(peer, record, merged);
  }
}

/** The record that an answer shows. */
function recordIn<T>(key: string, answer: Answer<T>): ReplicaRecord {
  const versions = answer.siblings.map((sibling): Version => {
    const value = sibling.tombstone ? undefined : (sibling.value as Value); // a store holds nothing else
    return { ...sibling.dot, time: sibling.time, value };
  });
  return { key, versions, context: contextIn(key, answer) };
}
