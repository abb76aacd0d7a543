/**
 * A group: the same keys on N replicas, any of which coordinates. Writes are done here and answered when W members have
 * them, reads are answered when R members have answered, sessions wait until this replica has seen what they have.
 * Composes the parts beside it and owns what they share. It sends no writes (live push does) and opens no links.
 * After Dynamo (DeCandia et al. 2007); that absence is an answer with a context is what makes deletes safe here.
 */

import { DotSet } from '../clock/dot-set.ts';
import type { TimedEnv } from '../env.ts';
import { CausalError } from '../errors.ts';
import type { BatchOperation, WriteOptions, Written } from '../store/operations.ts';
import type { ReplicaRecord } from '../store/replica-record.ts';
import { stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import { Bell } from './bell.ts';
import { CaughtUp, notCaughtUp } from './caught-up.ts';
import type { GroupCounts } from './group-counts.ts';
import { GroupReads } from './group-read.ts';
import { GroupAnswerView, GroupWrittenView, type SessionMoment, sessionTokenOf } from './group-views.ts';
import { type Acknowledged, type GroupWrite, GroupWrites, type WriteQuorum } from './group-write.ts';
import { Handoff } from './handoff.ts';
import { HintStore } from './hint-store.ts';
import type { ConnectedPeer, PeerEvent, Peers } from './peers.ts';
import { checkCount, checkMs, type Quorum, quorumOf, writeNotMet } from './quorum.ts';
import { replaceMember } from './replace-member.ts';
import type {
  GetOptions,
  GroupAnswer,
  GroupOptions,
  GroupWritten,
  HintOptions,
  PutOptions,
  ReplicaApi,
} from './replica-types.ts';
import { Roster } from './roster.ts';
import { Sessions } from './sessions.ts';
import { UnderWay } from './under-way.ts';

export type GroupParts<T> = {
  readonly store: VersionedKVStore<T>;
  readonly peers: Peers;
  readonly env: TimedEnv;
  readonly counts: GroupCounts;
  readonly options?: GroupOptions | undefined;
  readonly hints?: HintOptions | undefined;
};

type Coordinated<T> = Pick<
  ReplicaApi<T>,
  'get' | 'put' | 'delete' | 'batch' | 'catchUp' | 'sessionToken' | 'members' | 'join' | 'retire' | 'replace'
>;

/** What is asked for when nothing is: the same object, so that it is known without looking into it. */
const NO_OPTIONS: GetOptions & PutOptions = {};

type Settled = { readonly acknowledged: Acknowledged; readonly moment: SessionMoment };

/** Opens the coordinator of a group. Throws: RangeError for an N, R or W that does not fit; as the engine of the hints. */
export async function openGroup<T>(parts: GroupParts<T>): Promise<Group<T>> {
  const roster = new Roster(parts.store, parts.peers, parts.options?.members);
  const quorum = quorumOf(parts.options ?? {}, roster);
  const hints = await HintStore.open(parts.hints, parts.counts);
  return new Group(parts, roster, quorum, hints);
}

/** The coordinated part of a replica. */
export class Group<T> implements Coordinated<T> {
  /** How many must answer, unless told otherwise. */
  readonly quorum: Quorum;
  readonly #store: VersionedKVStore<T>;
  readonly #counts: GroupCounts;
  readonly #roster: Roster<T>;
  readonly #hints: HintStore;
  readonly #bell: Bell;
  readonly #caughtUp: CaughtUp<T>;
  readonly #handoff: Handoff<T>;
  readonly #reads: GroupReads<T>;
  readonly #writes: GroupWrites<T>;
  readonly #sessions: Sessions<T>;
  readonly #stopListening: () => void;
  readonly #underWay: UnderWay = new UnderWay();

  /** Use `openGroup`. */
  constructor({ store, peers, env, counts }: GroupParts<T>, roster: Roster<T>, quorum: Quorum, hints: HintStore) {
    const bell = new Bell(env);
    const caughtUp = new CaughtUp(store, roster, quorum);
    const handoff = new Handoff({ store, peers, roster, hints, env });
    this.quorum = quorum;
    this.#store = store;
    this.#counts = counts;
    this.#roster = roster;
    this.#hints = hints;
    this.#bell = bell;
    this.#caughtUp = caughtUp;
    this.#handoff = handoff;
    this.#reads = new GroupReads({ store, roster, caughtUp, bell, env, counts });
    this.#writes = new GroupWrites({ selfName: store.name, roster, handoff, bell });
    this.#sessions = new Sessions({ store, peers, bell, env, counts });
    this.#stopListening = peers.onEvent((event) => this.#onEvent(event));
    handoff.sweep();
    for (const peer of peers.connected()) this.#onConnected(peer);
  }

  /** N: how many members there are now. */
  get n(): number {
    return this.#roster.names.length;
  }

  /** Hints held now. */
  get hints(): number {
    return this.#handoff.size;
  }

  /** Whether this replica's own answers count for a quorum: see /readyz. */
  get isCaughtUp(): boolean {
    return this.#caughtUp.isSelf();
  }

  async get(key: string, options: GetOptions = NO_OPTIONS): Promise<GroupAnswer<T>> {
    this.#counts.gets += 1;
    this.#underWay.begin();
    try {
      const { r = this.quorum.r, timeoutMs = this.quorum.timeoutMs, session } = options;
      if (options.r !== undefined) checkCount(r, 'R', this.n);
      if (options.timeoutMs !== undefined) checkMs(timeoutMs, 'timeoutMs');
      if (session !== undefined) await this.#sessions.catchUp(session, options.waitMs);
      // Of a read of more than one, calls with a W of their own may have been promised something.
      const isStrict = r > 1 || r + this.quorum.w > this.n;
      const { answer, from, heard } = await this.#reads.read(key, { r, timeoutMs, isStrict });
      return new GroupAnswerView(answer, from, this.#momentOf(this.#residualOf(key, heard), [], session));
    } catch (error) {
      throw this.#noted(error);
    } finally {
      this.#underWay.end();
    }
  }

  put(key: string, value: T, options: PutOptions = NO_OPTIONS): Promise<GroupWritten> {
    this.#counts.puts += 1;
    return this.#write(key, (context) => this.#store.put(key, value, context), options);
  }

  delete(key: string, options: PutOptions = NO_OPTIONS): Promise<GroupWritten> {
    this.#counts.deletes += 1;
    return this.#write(key, (context) => this.#store.delete(key, context), options);
  }

  batch(
    operations: readonly BatchOperation<T>[],
    options: Omit<PutOptions, 'context'> = {},
  ): Promise<readonly GroupWritten[]> {
    return this.#call(async () => {
      const keys = operations.map((operation) => ('put' in operation ? operation.put : operation.delete));
      for (const operation of operations) this.#counts['put' in operation ? 'puts' : 'deletes'] += 1;
      const quorum = this.#writeQuorumOf(options);
      if (options.session !== undefined) await this.#sessions.catchUp(options.session, options.waitMs);
      this.#writes.refuseHopeless(quorum);
      const written = await this.#store.batch(operations);
      const writes = written.map(({ dot }, at) => ({ key: keys[at] as string /* one each */, dot }));
      const { acknowledged, moment } = await this.#settled(writes, quorum, options.session);
      return written.map((each) => new GroupWrittenView(each, acknowledged, moment));
    });
  }

  catchUp(session: string, waitMs?: number): Promise<void> {
    return this.#call(() => this.#sessions.catchUp(session, waitMs));
  }

  sessionToken(session?: string): string {
    return sessionTokenOf(this.#momentOf(DotSet.empty, [], session));
  }

  members(): readonly string[] {
    return this.#roster.names;
  }

  join(name: string): Promise<void> {
    return this.#change(() => this.#store.join(name));
  }

  retire(name: string): Promise<void> {
    return this.#change(() => this.#store.retire(name));
  }

  replace(old: string, by: string): Promise<void> {
    return this.#change(() => replaceMember(this.#store, old, by));
  }

  /**
   * What this replica answers a peer that asks for a key on behalf of the group. Throws: BEHIND while its answer would
   * not count, for the peer to ask again; RECORD_CORRUPT.
   */
  async answer(key: string): Promise<ReplicaRecord> {
    const record = await this.#store.record(key);
    // Looked at after the record was taken: who has just heard of being a member has not caught up yet.
    if (this.#caughtUp.mayAnswer()) return record;
    throw notCaughtUp(this.#store.id);
  }

  /** Looks after what time alone changes: hints that are too old. To be called now and then. */
  sweep(): void {
    this.#handoff.sweep();
  }

  /** Answers when no call, repair or handoff is under way. */
  async idle(): Promise<void> {
    await this.#underWay.none();
    await this.#reads.idle();
    await this.#handoff.idle();
  }

  /** Ends all waiting (what was written stays written) and closes the hints; the store stays open. */
  async close(): Promise<void> {
    this.#stopListening();
    this.#bell.close();
    await this.idle();
    await this.#hints.close();
  }

  /** Measured: in one piece, because each promise between the store and the caller costs as much as the store. */
  async #write(
    key: string,
    write: (context: WriteOptions | undefined) => Promise<Written>,
    options: PutOptions,
  ): Promise<GroupWritten> {
    this.#underWay.begin();
    try {
      const { session, context } = options;
      const quorum = this.#writeQuorumOf(options);
      if (session !== undefined) await this.#sessions.catchUp(session, options.waitMs);
      this.#writes.refuseHopeless(quorum);
      const written = await write(context === undefined ? undefined : { context });
      const settling = this.#settled([{ key, dot: written.dot }], quorum, session);
      const { acknowledged, moment } = settling instanceof Promise ? await settling : settling;
      return new GroupWrittenView(written, acknowledged, moment);
    } catch (error) {
      throw this.#noted(error);
    } finally {
      this.#underWay.end();
    }
  }

  #writeQuorumOf(options: Omit<PutOptions, 'context'>): WriteQuorum {
    if (options === NO_OPTIONS) return this.quorum;
    const { w = this.quorum.w, timeoutMs = this.quorum.timeoutMs, isSloppy = this.quorum.isSloppy } = options;
    if (options.w !== undefined) checkCount(w, 'W', this.n);
    checkMs(timeoutMs, 'timeoutMs');
    return { w, timeoutMs, isSloppy };
  }

  /** Who has what was written, and what a session has seen with it; a promise only where others are waited for. */
  #settled(
    writes: readonly GroupWrite[],
    quorum: WriteQuorum,
    session: string | undefined,
  ): Settled | Promise<Settled> {
    try {
      const settling = this.#writes.settle(writes, quorum);
      if (!(settling instanceof Promise)) return this.#known(writes, settling, session);
      return settling
        .then((acknowledged) => this.#known(writes, acknowledged, session))
        .catch((error: unknown) => {
          throw unconfirmed(writes, quorum, error);
        });
    } catch (error) {
      throw unconfirmed(writes, quorum, error);
    }
  }

  #known(writes: readonly GroupWrite[], acknowledged: Acknowledged, session: string | undefined): Settled {
    let heard = DotSet.empty;
    for (const { key } of writes) heard = this.#residualOf(key, heard);
    return { acknowledged, moment: this.#momentOf(heard, writes, session) };
  }

  /** What this replica knows now, with `heard` and what a session that goes on has seen. */
  #momentOf(heard: DotSet, writes: readonly GroupWrite[], session: string | undefined): SessionMoment {
    const { view, knowledge } = stateOf(this.#store);
    return { seen: view?.at ?? knowledge.at(), heard, writes, session };
  }

  /** `more`, and what this replica knows of a key beyond what it has seen; an answer given before does not exceed that. */
  #residualOf(key: string, more: DotSet): DotSet {
    const { table } = stateOf(this.#store);
    return table.isPlain(key) ? more : more.union(table.record(key).residual);
  }

  async #call<R>(run: () => Promise<R>): Promise<R> {
    this.#underWay.begin();
    try {
      return await run();
    } catch (error) {
      throw this.#noted(error);
    } finally {
      this.#underWay.end();
    }
  }

  #noted(error: unknown): unknown {
    if (error instanceof CausalError && error.code === 'QUORUM_NOT_MET') this.#counts.quorumFailures += 1;
    return error;
  }

  #change(change: () => Promise<void>): Promise<void> {
    return this.#call(async () => {
      await change();
      this.#handoff.sweep();
      this.#bell.ring();
    });
  }

  #onEvent(event: PeerEvent): void {
    if (event.kind === 'connected') this.#onConnected(event.peer);
    this.#bell.ring();
  }

  #onConnected(peer: ConnectedPeer): void {
    void this.#handoff.deliver(peer);
    const note = (): void => {
      this.#caughtUp.noteExchanged(peer.name);
      this.#bell.ring();
    };
    if (!this.#caughtUp.mayAnswer()) peer.exchange().then(note, () => undefined); // it is tried again with the next link
  }
}

/** Whatever failed after the write, the store being closed for instance, the write was made. */
function unconfirmed(writes: readonly GroupWrite[], { w }: WriteQuorum, error: unknown): CausalError {
  if (error instanceof CausalError && error.outcome === 'unknown') return error;
  return writeNotMet(
    w,
    [],
    writes.map(({ dot }) => dot),
    error,
  );
}
