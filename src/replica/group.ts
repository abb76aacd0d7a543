/**
 * A group: the same keys on N replicas, any of which coordinates. Writes are done here and answered when W members have
 * them, reads are answered when R members have answered, sessions wait until this replica has seen what they have.
 * Composes the parts beside it and owns what they share. It sends no writes (live push does) and opens no links.
 * After Dynamo (DeCandia et al. 2007); that absence is an answer with a context is what makes deletes safe here.
 */

import type { Dot } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import type { TimedEnv } from '../env.ts';
import { CausalError } from '../errors.ts';
import type { Answer } from '../store/answer.ts';
import { encodeToken } from '../store/context-token.ts';
import type { BatchOperation, WriteOptions, Written } from '../store/operations.ts';
import type { ReplicaRecord } from '../store/replica-record.ts';
import { stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import { Bell } from './bell.ts';
import { CaughtUp, notCaughtUp } from './caught-up.ts';
import type { GroupCounts } from './group-counts.ts';
import { GroupReads } from './group-read.ts';
import { type Acknowledged, GroupWrites, type WriteQuorum } from './group-write.ts';
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
  SessionOptions,
} from './replica-types.ts';
import { Roster } from './roster.ts';
import { Sessions } from './sessions.ts';

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
  readonly #underWay: Set<Promise<unknown>> = new Set<Promise<unknown>>();

  /** Use `openGroup`. */
  constructor({ store, peers, env, counts }: GroupParts<T>, roster: Roster<T>, quorum: Quorum, hints: HintStore) {
    const bell = new Bell(env);
    const caughtUp = new CaughtUp(store, roster, quorum.w);
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

  get(key: string, options: GetOptions = {}): Promise<GroupAnswer<T>> {
    this.#counts.gets += 1;
    return this.#call(async () => {
      const { r = this.quorum.r, timeoutMs = this.quorum.timeoutMs, session } = options;
      if (options.r !== undefined) checkCount(r, 'R', this.n);
      checkMs(timeoutMs, 'timeoutMs');
      await this.#follow(options);
      const isStrict = r + this.quorum.w > this.n;
      const { answer, from, heard } = await this.#reads.read(key, { r, timeoutMs, isStrict });
      return new GroupAnswerView(answer, from, this.#sessions.known(session, this.#knownOf(key).union(heard)));
    });
  }

  put(key: string, value: T, options: PutOptions = {}): Promise<GroupWritten> {
    this.#counts.puts += 1;
    return this.#write(key, (context) => this.#store.put(key, value, context), options);
  }

  delete(key: string, options: PutOptions = {}): Promise<GroupWritten> {
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
      return this.#coordinate(keys, () => this.#store.batch(operations), options);
    });
  }

  catchUp(session: string, waitMs?: number): Promise<void> {
    return this.#call(() => this.#sessions.catchUp(session, waitMs));
  }

  sessionToken(session?: string): string {
    return sessionTokenOf(this.#sessions.known(session));
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
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
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

  #write(key: string, write: (context: WriteOptions) => Promise<Written>, options: PutOptions): Promise<GroupWritten> {
    const context = options.context === undefined ? {} : { context: options.context };
    return this.#call(async () => {
      const [written] = await this.#coordinate([key], async () => [await write(context)], options);
      return written as GroupWritten; // one write gives one result
    });
  }

  async #coordinate(
    keys: readonly string[],
    write: () => Promise<readonly Written[]>,
    options: Omit<PutOptions, 'context'>,
  ): Promise<readonly GroupWritten[]> {
    const { w = this.quorum.w, timeoutMs = this.quorum.timeoutMs, isSloppy = this.quorum.isSloppy } = options;
    if (options.w !== undefined) checkCount(w, 'W', this.n);
    checkMs(timeoutMs, 'timeoutMs');
    const quorum: WriteQuorum = { w, timeoutMs, isSloppy };
    await this.#follow(options);
    this.#writes.refuseHopeless(quorum);
    const written = await write();
    const writes = written.map(({ dot }, at) => ({ key: keys[at] as string /* one each */, dot }));
    try {
      const acknowledged = await this.#writes.settle(writes, quorum);
      const known = writes.map(({ key, dot }) => this.#knownOf(key).add(dot.id, dot.counter));
      const more = known.reduce((all, each) => all.union(each), DotSet.empty);
      const seen = this.#sessions.known(options.session, more);
      return written.map((each) => new GroupWrittenView(each, acknowledged, seen));
    } catch (error) {
      if (error instanceof CausalError && error.outcome === 'unknown') throw error;
      // Whatever failed now, the store being closed for instance, the write was made.
      throw writeNotMet(
        w,
        [],
        written.map(({ dot }) => dot),
        error,
      );
    }
  }

  /** All that this replica knows of a key now, which an answer given before does not exceed. */
  #knownOf(key: string): DotSet {
    return this.#store.seen.union(stateOf(this.#store).table.record(key).residual);
  }

  async #follow({ session, waitMs }: SessionOptions): Promise<void> {
    if (session !== undefined) await this.#sessions.catchUp(session, waitMs);
  }

  #call<R>(run: () => Promise<R>): Promise<R> {
    const call = run().catch((error: unknown) => {
      if (error instanceof CausalError && error.code === 'QUORUM_NOT_MET') this.#counts.quorumFailures += 1;
      throw error;
    });
    this.#underWay.add(call);
    const end = (): void => void this.#underWay.delete(call);
    call.then(end, end);
    return call;
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

/** What a write gave back, and who has it. */
class GroupWrittenView implements GroupWritten {
  readonly dot: Dot;
  readonly durableAt: readonly string[];
  readonly hintedAt: readonly string[];
  readonly #written: Written;
  readonly #seen: DotSet;

  constructor(written: Written, { durableAt, hintedAt }: Acknowledged, seen: DotSet) {
    this.dot = written.dot;
    this.durableAt = durableAt;
    this.hintedAt = hintedAt;
    this.#written = written;
    this.#seen = seen;
  }

  get session(): string {
    return sessionTokenOf(this.#seen);
  }

  get context(): string {
    return this.#written.context;
  }
}

/** An answer and what its reader has seen with it; most readers never ask for the token. */
class GroupAnswerView<T> implements GroupAnswer<T> {
  readonly answer: Answer<T>;
  readonly from: readonly string[];
  readonly #seen: DotSet;

  constructor(answer: Answer<T>, from: readonly string[], seen: DotSet) {
    this.answer = answer;
    this.from = from;
    this.#seen = seen;
  }

  get session(): string {
    return sessionTokenOf(this.#seen);
  }
}

function sessionTokenOf(seen: DotSet): string {
  return encodeToken('session', '', seen);
}
