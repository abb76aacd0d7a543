/**
 * Exchanges over one link: at most one that this side began and one that the other did. Which of several frames belongs
 * to which is told by a number of the side that began it.
 */

import { CausalError } from '../errors.ts';
import type { ExchangeMode } from '../repair/effects.ts';
import { ExchangeSide } from '../repair/exchange-side.ts';
import type { Admit } from '../repair/take-in.ts';
import { nameOf } from '../store/membership.ts';
import type { VersionedKVStore } from '../store/versioned-kv-store.ts';
import { failureOf, shortWhy } from './link-failure.ts';
import type { LinkMessage } from './link-message.ts';

export type LinkExchangesOptions<T> = {
  readonly store: VersionedKVStore<T>;
  readonly peerId: string;
  readonly frameBytesMax: number;
  readonly version: number;
  readonly admit: Admit;
  readonly clockEntriesMax: number;
  readonly mayAlarm: boolean;
  readonly send: (message: LinkMessage) => Promise<void>;
  /** The peer has said how it met this replica before, and nothing is wrong with that. */
  readonly onMet: () => void;
  readonly onDone: (done: Exchanged) => void;
  readonly onFailed: (error: unknown) => void;
};

/** How an exchange ended, whoever began it. */
export type Exchanged = {
  readonly mode: ExchangeMode;
  readonly recordsSent: number;
  readonly recordsReceived: number;
  readonly hasAdopted: boolean;
};

type Running<T> = {
  readonly number: number;
  readonly isMine: boolean;
  readonly side: ExchangeSide<T>;
  readonly onEnd: ((error?: unknown) => void)[];
  /** Frames are taken one after another, and sent so; but nobody waits with taking until the peer has taken. */
  work: Promise<void>;
  sending: Promise<void>;
  isOver: boolean;
};

/** So often is an exchange begun again because this replica turned out to be another than it had said. */
const RENEWALS_MAX = 3;

/** The exchanges of one link. */
export class LinkExchanges<T> {
  readonly #options: LinkExchangesOptions<T>;
  #count = 0;
  #mine: Running<T> | undefined;
  #theirs: Running<T> | undefined;
  /** When the peer has taken what was sent in the exchanges that it began and gave up. */
  #theirsSent: Promise<void> = Promise.resolve();
  #current: Promise<void> | undefined;

  constructor(options: LinkExchangesOptions<T>) {
    this.#options = options;
  }

  /** Whether one is under way, whoever began it. */
  get isRunning(): boolean {
    return this.#current !== undefined || this.#theirs !== undefined;
  }

  /** Begins an exchange, or joins the one that was begun here. Throws: as an exchange; LINK_FAILED. */
  exchange(): Promise<void> {
    this.#current ??= this.#begin().finally(() => {
      this.#current = undefined;
    });
    return this.#current;
  }

  /** Answers when the frame was worked on. Throws what makes the peer one not to talk to. */
  receive(message: LinkMessage & { readonly kind: 'exchange' }): Promise<void> {
    const running = message.isMine ? this.#answering(message.number) : this.#mine;
    if (running === undefined || running.number !== message.number || running.isOver) return Promise.resolve();
    running.work = running.work.then(() => this.#take(running, message.frame));
    return running.work;
  }

  /** The peer has given up an exchange. */
  stopped(message: LinkMessage & { readonly kind: 'stop' }): void {
    const running = message.isMine ? this.#theirs : this.#mine;
    if (running?.number !== message.number) return;
    this.#end(running, failureOf(message, this.#options.peerId));
  }

  /** The link is lost. */
  abandon(error: unknown): void {
    for (const running of [this.#mine, this.#theirs]) if (running !== undefined) this.#end(running, error);
  }

  async #begin(): Promise<void> {
    for (let renewals = 0; ; renewals += 1) {
      try {
        return await this.#once();
      } catch (error) {
        const isRenewed = error instanceof CausalError && error.details['isRenewed'] === true;
        if (!isRenewed || renewals === RENEWALS_MAX) throw error;
      }
    }
  }

  #once(): Promise<void> {
    this.#count += 1;
    const number = this.#count;
    return new Promise<void>((resolve, reject) => {
      const running = this.#open(number, true, [(error) => (error === undefined ? resolve() : reject(error))]);
      this.#mine = running;
      running.work = this.#start(running);
    });
  }

  #answering(number: number): Running<T> {
    if (this.#theirs?.number === number) return this.#theirs;
    // Whoever begins another has given up the one before; but what that sends must leave before more is made to send.
    if (this.#theirs !== undefined) this.#end(this.#theirs, undefined, true);
    const running = this.#open(number, false, []);
    running.work = this.#theirsSent.then(() => this.#start(running));
    this.#theirs = running;
    return running;
  }

  #open(number: number, isMine: boolean, onEnd: Running<T>['onEnd']): Running<T> {
    const { store, peerId, frameBytesMax, version, admit, clockEntriesMax, mayAlarm } = this.#options;
    const role = isMine ? 'initiator' : 'responder';
    const bounds = { frameBytesMax, version, clockEntriesMax };
    const trust = { peerName: nameOf(peerId), admit, mayAlarm };
    const side = new ExchangeSide(store, { role, peer: peerId, ...trust, ...bounds });
    return { number, isMine, side, onEnd, work: Promise.resolve(), sending: Promise.resolve(), isOver: false };
  }

  async #start(running: Running<T>): Promise<void> {
    if (running.isOver) return;
    await this.#guard(running, async () => this.#send(running, await running.side.begin()));
  }

  async #take(running: Running<T>, frame: Uint8Array): Promise<void> {
    if (running.isOver) return;
    await this.#guard(running, async () => this.#send(running, await running.side.take(frame)));
    const { side } = running;
    if (side.hasMet && !running.isOver) this.#options.onMet();
    if (running.isOver || (side.failure === undefined && !side.isDone)) return;
    // The last frames go out first.
    running.sending = running.sending.then(() => this.#end(running, side.failure));
  }

  /** What goes wrong ends the exchange, and is thrown on if the peer is to blame. */
  async #guard(running: Running<T>, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (running.isOver) return;
      this.#end(running, error);
      const code = error instanceof CausalError ? error.code : 'EXCHANGE_FAILED';
      const { number, isMine } = running;
      await this.#options.send({ kind: 'stop', number, isMine, code, why: shortWhy(error) }).catch(() => undefined);
      if (BLAMED.includes(code)) throw error;
    }
  }

  #send(running: Running<T>, frames: Iterable<Uint8Array>): void {
    const { number, isMine } = running;
    const send = async (): Promise<void> => {
      for (const frame of frames) {
        if (running.isOver) return;
        await this.#options.send({ kind: 'exchange', number, isMine, frame });
      }
    };
    running.sending = running.sending.then(() => this.#guard(running, send));
    running.sending.catch(() => undefined); // what a peer is blamed for is thrown where its frame was taken
  }

  #end(running: Running<T>, error?: unknown, isGivenUp = false): void {
    if (running.isOver) return;
    running.isOver = true;
    if (this.#mine === running) this.#mine = undefined;
    if (this.#theirs === running) {
      this.#theirs = undefined;
      this.#theirsSent = Promise.allSettled([this.#theirsSent, running.sending]).then(() => undefined);
    }
    const { side } = running;
    if (error === undefined && !isGivenUp) {
      this.#options.onDone({
        mode: side.mode,
        recordsSent: side.recordsSent,
        recordsReceived: side.takenIn.reduce((sum, { keys }) => sum + keys.length, 0),
        hasAdopted: side.hasAdopted,
      });
    } else if (error !== undefined) {
      this.#options.onFailed(error);
    }
    for (const end of running.onEnd) end(error);
  }
}

/** A peer that causes one of these is not to be talked to. */
const BLAMED: readonly string[] = ['ENCODING_INVALID', 'PROTOCOL_VIOLATION', 'FORBIDDEN', 'LIMIT_EXCEEDED'];
