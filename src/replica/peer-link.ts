/**
 * One greeted link to a peer, turned by hand: reads its messages, answers them, runs exchanges and pushes over it, notices
 * when it is silent. Everything here is bounded: the reader waits while too much is being worked on, pushes have a window,
 * requests a limit; so a peer that is slow or floods costs what its link may cost, and slows nobody else.
 */

import type { Dot } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import type { TimedEnv } from '../env.ts';
import { CausalError } from '../errors.ts';
import { type PushAnswer, PushReceiver } from '../repair/push-receiver.ts';
import { PushSender } from '../repair/push-sender.ts';
import { seenBy } from '../store/membership.ts';
import type { ReplicaRecord } from '../store/replica-record.ts';
import { stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import { admission } from './admission.ts';
import type { Counting } from './counters.ts';
import type { FairShare, LinkShare } from './fair-share.ts';
import { Gate } from './gate.ts';
import type { Greeted } from './greeting.ts';
import { LinkAnswers } from './link-answers.ts';
import { type Exchanged, LinkExchanges } from './link-exchanges.ts';
import { shortWhy } from './link-failure.ts';
import { exchangeRoom, type LinkMessage, refusalOf } from './link-message.ts';
import { LinkRequests } from './link-requests.ts';
import { LinkWatch } from './link-watch.ts';
import { LinkWriter } from './link-writer.ts';
import type { ConnectedPeer, Given } from './peers.ts';
import { PushPump, type Wait } from './push-pump.ts';
import type { ReplicaLimits } from './replica-types.ts';
import { WorkLoad } from './work-load.ts';

export type PeerLinkOptions<T> = {
  readonly store: VersionedKVStore<T>;
  readonly greeted: Greeted;
  readonly env: TimedEnv;
  readonly limits: ReplicaLimits;
  readonly counters: Counting;
  /** What this link takes of the time of the replica. */
  readonly fair: FairShare;
  /** Whether a link to the replica with this id is open. */
  readonly isLinked: (id: string) => boolean;
  /** What the peer is answered that asks for a key on behalf of the group. */
  readonly answer: (key: string) => Promise<ReplicaRecord>;
  readonly onConfirmed: () => void;
  /** The peer has taken in what it was told. */
  readonly onAcked: () => void;
  readonly onExchanged: (done: Exchanged) => void;
  readonly onExchangeFailed: (error: unknown) => void;
};

/** How long a side that did not open the link waits for the first exchange. */
const FIRST_EXCHANGE_MS = 1_000;

/** How many times as long the second of two waits to tell what the first may tell it by then. */
const SECOND_TELLS_AFTER = 1.5;

/** What is reckoned for reading a frame, for a message that leads to more than its reading, for bytes, for a record. */
const FRAME_WORK_MS = 0.02;
const MESSAGE_WORK_MS = 0.03;
const BYTES_PER_MS: number = 2 ** 16;
const RECORD_WORK_MS = 0.02;
/** Nothing is sent for these, or only what is due anyway. */
const CHEAP: readonly LinkMessage['kind'][] = ['ack', 'want', 'record', 'given', 'failed', 'pong'];

/** One link, from greeting to end. */
export class PeerLink<T> implements ConnectedPeer {
  readonly #options: PeerLinkOptions<T>;
  readonly #store: VersionedKVStore<T>;
  readonly #writer: LinkWriter;
  readonly #requests: LinkRequests;
  readonly #answers: LinkAnswers<T>;
  readonly #exchanges: LinkExchanges<T>;
  readonly #sender: PushSender<T>;
  readonly #receiver: PushReceiver<T>;
  readonly #pump: PushPump<T>;
  readonly #load: WorkLoad;
  readonly #share: LinkShare;
  readonly #storeId: string;
  readonly #watch: LinkWatch;
  #why: string | undefined;
  /** Set once the peer was told why the link ends: nothing of it is worked on any more. */
  #isLeaving = false;
  #left: Promise<void> = Promise.resolve();
  #hasExchanged = false;
  /** An exchange was begun. */
  readonly #first = new Gate((run) => this.#watch.after(FIRST_EXCHANGE_MS, run));
  /** The peer has shown how it met this replica before. */
  readonly #met = new Gate((run) => this.#watch.after(FIRST_EXCHANGE_MS, run));

  constructor(options: PeerLinkOptions<T>) {
    const { store, greeted, env, limits, counters } = options;
    const { link, id, frameBytesMax, version } = greeted;
    this.#options = options;
    this.#store = store;
    this.#storeId = store.id;
    this.#watch = new LinkWatch({
      ...{ env, silenceMs: limits.silenceMs },
      missing: () => greeted.reader.missing,
      ping: () => this.#guard(this.#writer.send({ kind: 'ping' })),
      close: (why) => this.close(why),
    });
    this.#load = new WorkLoad(limits.requestsMax);
    this.#share = options.fair.link();
    this.#writer = new LinkWriter({ link, frameBytesMax, env, stallMs: limits.silenceMs * 2, counters, version });
    const send = (message: LinkMessage): Promise<void> => this.#writer.send(message);
    this.#requests = new LinkRequests(greeted.name, limits.requestsMax, send);
    const admit = admission(store, id, greeted.grant, limits);
    this.#answers = new LinkAnswers({
      mayRelay: greeted.grant.mayRelay,
      ...{ store, admit, answer: options.answer, send },
      isOver: () => this.#why !== undefined,
      sendShort: (message) => this.#answer(message),
    });
    this.#exchanges = new LinkExchanges({
      ...{ store, peerId: id, frameBytesMax: exchangeRoom(frameBytesMax), version, admit, send },
      ...{ clockEntriesMax: limits.clockEntriesMax, mayAlarm: greeted.grant.mayRelay },
      onMet: () => {
        this.#requests.open();
        this.#met.open();
      },
      onDone: (done) => this.#onExchanged(done),
      onFailed: options.onExchangeFailed,
    });
    this.#sender = new PushSender(store);
    this.#pump = new PushPump(this.#sender, {
      push: (push) => {
        counters.pushesSent += 1;
        return send({ kind: 'push', push });
      },
      exchange: () => void this.exchange().catch(() => undefined),
      waitMs: (wait) => this.#waitMs(wait),
      elapsed: () => env.elapsed(),
      after: (delayMs, run) => this.#watch.after(delayMs, run),
    });
    this.#receiver = new PushReceiver(store, {
      ...{ peerId: id, admit, isExpected: options.isLinked },
      answer: (answer) => this.#answerPush(answer),
      onWait: (number) => this.#watch.after(limits.gapMs, () => this.#receiver.expire(number)),
    });
  }

  get name(): string {
    return this.#options.greeted.name;
  }

  get id(): string {
    return this.#options.greeted.id;
  }

  get isOutgoing(): boolean {
    return this.#options.greeted.isOutgoing;
  }

  get address(): string {
    return this.#options.greeted.link.peer;
  }

  get lag(): number {
    return this.#sender.lag;
  }

  has(dot: Dot): boolean {
    return this.#sender.has(dot);
  }

  /** Whether it has everything that is durable here. */
  get hasAll(): boolean {
    return this.lag === 0;
  }

  ask(key: string): Promise<ReplicaRecord> {
    return this.#requests.ask(key);
  }

  give(record: ReplicaRecord): Promise<Given> {
    return this.#requests.give(record);
  }

  /** The side that opened the link begins the first exchange; the other waits for that a while. */
  async exchange(): Promise<void> {
    if (!this.isOutgoing && !this.#hasExchanged && !this.#exchanges.isRunning) {
      await this.#first.wait();
    }
    if (this.#why !== undefined) throw this.#ended();
    await this.#exchanges.exchange();
  }

  /** Reads until the link ends; answers why it did. Never throws. */
  async run(): Promise<string> {
    const { greeted, counters, env } = this.#options;
    this.#watch.watch();
    try {
      for (;;) {
        const { done, value: frame } = await greeted.frames.next();
        if (done === true) break;
        const heardAt = this.#watch.heard();
        counters.bytesReceived += frame.length;
        if (this.#isLeaving) break;
        const messages = greeted.reader.read(frame);
        for (const [at, message] of messages.entries()) this.#work(message, at === 0 ? greeted.reader.messageBytes : 0);
        this.#share.spend(workOf(frame, messages) + env.elapsed() - heardAt);
        this.#watch.expectMissing();
        // More than one may be worked on at once, within bounds.
        await this.#load.room();
        if (this.#share.isUsedUp) await this.#share.rest();
      }
    } catch (error) {
      void this.#refuse(error);
    }
    await this.#left;
    const why = this.#why ?? 'the link ended';
    this.close(why);
    await this.#receiver.settled();
    return why;
  }

  /** Something was committed here, or the peer has made room: pushes what is due. */
  wake(): void {
    if (this.#why !== undefined) return;
    if (this.#store.isClosed) this.close('this replica closes');
    else if (this.#store.id !== this.#storeId) this.close('this replica goes on under another id');
    if (this.#why !== undefined) return;
    this.#pump.wake();
    if (this.#receiver.isWaiting) this.#guard(this.#receiver.retry());
  }

  /** Ends the link. */
  close(why: string): void {
    if (this.#why !== undefined) return;
    this.#why = why;
    this.#watch.end();
    this.#sender.stop();
    this.#requests.abandon(this.#ended());
    this.#exchanges.abandon(this.#ended());
    this.#load.end();
    this.#share.end();
    this.#writer.end();
    this.#first.release();
    this.#met.release();
    void this.#options.greeted.link.close(why).catch(() => undefined);
  }

  /** Says why before the link ends. */
  async bye(why: string): Promise<void> {
    await this.#writer.send({ kind: 'bye', why }).catch(() => undefined);
    this.close(why);
  }

  #ended(): CausalError {
    return new CausalError('LINK_FAILED', `Cannot reach "${this.name}": ${this.#why}`, { peer: this.name });
  }

  #work(message: LinkMessage, bytes: number): void {
    if (this.#isLeaving) return;
    const work = this.#handle(message);
    if (work !== undefined) this.#guard(this.#load.work(work, bytes));
  }

  /** Sends a short answer that nobody waits for; but who takes none of them is not read for ever. */
  #answer(message: LinkMessage): void {
    this.#guard(this.#load.owe(this.#writer.send(message)));
  }

  /** What the peer is to blame for ends the link. */
  #guard(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#refuse(error));
  }

  /** Says once, with its code, what the link ends for. */
  #refuse(error: unknown): Promise<void> {
    if (this.#why !== undefined || this.#isLeaving) return this.#left;
    this.#isLeaving = true;
    const why = shortWhy(error);
    this.#left = this.#writer
      .send(refusalOf(error))
      .catch(() => undefined)
      .then(() => this.close(why));
    this.#load.end();
    this.#share.end();
    return this.#left;
  }

  #handle(message: LinkMessage): Promise<unknown> | undefined {
    switch (message.kind) {
      case 'exchange': {
        const received = this.#exchanges.receive(message);
        this.#first.release();
        return received;
      }
      case 'stop':
        this.#exchanges.stopped(message);
        return undefined;
      case 'push':
        this.#options.counters.pushesReceived += 1;
        if (!this.#hasExchanged && this.#exchanges.isRunning) {
          this.#answerPush({ kind: 'lost', why: 'the first exchange is still under way here' });
          return undefined;
        }
        return this.#receiver.take(message.push);
      case 'ack':
        if (this.#sender.acked(message.number)) this.#options.onAcked();
        this.wake();
        return undefined;
      case 'want':
        this.#sender.wanted(message.number);
        this.wake();
        return undefined;
      case 'lost':
        this.#sender.stop();
        return undefined;
      case 'ask':
        return this.#asked(message.request, message.key);
      case 'give':
        return this.#answers.given(message.request, message.record);
      case 'record':
      case 'given':
      case 'failed':
        this.#requests.answered(message);
        return undefined;
      case 'ping':
        return this.#writer.send({ kind: 'pong' });
      case 'pong':
        return undefined;
      case 'refuse':
        this.close(`"${this.name}" refused to go on: ${message.why}`);
        return undefined;
      case 'bye':
        this.close(`"${this.name}" closed: ${message.why}`);
        return undefined;
      default:
        return Promise.reject(
          new CausalError('PROTOCOL_VIOLATION', `Cannot go on: "${this.name}" sent "${message.kind}" after the hello`),
        );
    }
  }

  /** While an exchange is under way whose hello was not read yet, it may turn out that this replica is another. */
  async #asked(request: number, key: string): Promise<void> {
    if (!this.#met.isOpen && this.#exchanges.isRunning) await this.#met.wait();
    if (this.#why === undefined) await this.#answers.asked(request, key);
  }

  #answerPush(answer: PushAnswer): void {
    switch (answer.kind) {
      case 'ack':
        this.#share.spend(answer.records * RECORD_WORK_MS);
        if (this.#sender.heard(answer.seen)) this.#options.onConfirmed();
        this.#answer({ kind: 'ack', number: answer.number });
        return;
      case 'want':
        this.#answer({ kind: 'want', number: answer.number });
        return;
      default:
        this.#options.counters.pushesRefused += 1;
        this.#answer({ kind: 'lost', why: answer.why });
        this.exchange().catch(() => undefined);
    }
  }

  #onExchanged(done: Exchanged): void {
    const { counters, onExchanged, onConfirmed } = this.#options;
    this.#hasExchanged = true;
    counters.exchanges += 1;
    counters.exchangeRecordsSent += done.recordsSent;
    counters.exchangeRecordsReceived += done.recordsReceived;
    this.#share.spend(done.recordsReceived * RECORD_WORK_MS);
    this.#sender.start(seenBy(stateOf(this.#store).membership, this.id) ?? DotSet.empty);
    onConfirmed();
    onExchanged(done);
    this.wake();
  }

  #waitMs(wait: Wait): number {
    const { tellAfterMs, reapEveryMs } = this.#options.limits;
    if (wait === 'later') return this.#storeId < this.id ? tellAfterMs : tellAfterMs * SECOND_TELLS_AFTER;
    return Math.max(tellAfterMs, reapEveryMs / 2);
  }
}

/** What a frame and its messages cost beside what is measured at once, in milliseconds: answers, commits, pushes on. */
function workOf(frame: Uint8Array, messages: readonly LinkMessage[]): number {
  let workMs = FRAME_WORK_MS + frame.length / BYTES_PER_MS;
  for (const { kind } of messages) if (!CHEAP.includes(kind)) workMs += MESSAGE_WORK_MS;
  return workMs;
}
