/**
 * One link over a connection of the package `ws`, whichever side opened it. Back-pressure is the socket's own in both
 * directions: it is paused while frames wait to be taken, and a frame counts as sent when the operating system has it.
 */

import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { copyBytes } from '../codec/byte-arrays.ts';
import { checkFrame, endedLink, lostFrame, said } from './failure.ts';
import { FrameQueue } from './frame-queue.ts';
import type { Link } from './transport.ts';
import { CLOSE_CODES, closedBecause, closeReason } from './websocket-words.ts';

const OPEN = 1;

export type NodeLinkOptions = {
  /** The connection below, as bytes. */
  readonly raw?: Duplex | undefined;
  readonly peer: string;
  readonly provenName: string | undefined;
  readonly frameBytesMax: number;
  readonly bufferBytes: number;
  readonly closeMs: number;
};

type Outgoing = { readonly frame: Uint8Array; readonly resolve: () => void; readonly reject: (error: Error) => void };

/** A link over an open connection, which nobody else listens to. */
export class NodeWebSocketLink implements Link {
  readonly peer: string;
  readonly provenName: string | undefined;
  readonly #socket: WebSocket;
  readonly #options: NodeLinkOptions;
  readonly #incoming = new FrameQueue(() => this.#resume());
  /** Frames that are not given to the socket yet, and those it has not written yet. */
  readonly #waiting: Outgoing[] = [];
  readonly #underWay = new Set<Outgoing>();
  #underWayBytes = 0;
  readonly #closed: Promise<void>;
  #why: string | undefined;
  /** What may still come while the link is restricted. */
  #allowance = 0;
  readonly #spend = (bytes: Buffer): void => {
    this.#allowance -= bytes.length;
    if (this.#allowance >= 0 || this.#why !== undefined) return;
    this.#why = 'more came than may before it is known from whom';
    this.#incoming.drop();
    this.#socket.terminate();
  };
  /** The reason given to `close`, once it was called. */
  #farewell: string | undefined;

  constructor(socket: WebSocket, options: NodeLinkOptions) {
    this.peer = options.peer;
    this.provenName = options.provenName;
    this.#socket = socket;
    this.#options = options;
    socket.on('message', (data: Buffer, isBinary) => this.#receive(data, isBinary));
    socket.on('error', (error) => {
      this.#why ??= this.#told(error);
    });
    this.#closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#ended(closedBecause(code, reason.toString()));
        resolve();
      });
    });
  }

  async send(frame: Uint8Array): Promise<void> {
    checkFrame(frame, this.#options.frameBytesMax);
    if (this.#why !== undefined) throw endedLink(this.peer, this.#why);
    if (this.#socket.readyState !== OPEN) throw endedLink(this.peer, 'the connection is closing');
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ frame, resolve, reject });
      this.#pump();
    });
  }

  async close(why = 'no reason given'): Promise<void> {
    if (this.#farewell === undefined && this.#socket.readyState !== this.#socket.CLOSED) {
      this.#why ??= 'closed on this side';
      this.#farewell = why;
      this.#incoming.drop();
      // Whatever still comes is read and dropped, or the other side's farewell behind it would never be seen.
      this.#socket.resume();
      const timer = setTimeout(() => this.#socket.terminate(), this.#options.closeMs);
      void this.#closed.then(() => clearTimeout(timer));
      this.#pump();
    }
    await this.#closed;
  }

  restrict(bytesMax?: number): void {
    const { raw } = this.#options;
    raw?.off('data', this.#spend);
    if (bytesMax === undefined) return;
    this.#allowance = bytesMax;
    raw?.on('data', this.#spend);
  }

  endedBecause(): string | undefined {
    return this.#why;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#incoming[Symbol.asyncIterator]();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#farewell !== undefined) return;
    if (!isBinary) {
      this.#why ??= 'the other side sent text';
      this.#incoming.end();
      this.#socket.close(CLOSE_CODES.text, 'frames are binary messages');
      return;
    }
    // A small message is a piece of what came with one read, which it would keep alive, and share with others.
    const isAlone = data.byteLength === data.buffer.byteLength;
    this.#incoming.push(isAlone ? new Uint8Array(data.buffer) : copyBytes(data));
    if (this.#incoming.bytes >= this.#options.bufferBytes) this.#socket.pause();
  }

  #resume(): void {
    if (this.#socket.isPaused && this.#incoming.bytes <= this.#options.bufferBytes / 2) this.#socket.resume();
  }

  /** Gives the socket what it has room for, and the farewell after the last frame. */
  #pump(): void {
    while (this.#underWayBytes < this.#options.bufferBytes) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#underWay.add(next);
      this.#underWayBytes += next.frame.length;
      this.#socket.send(next.frame, (error) => this.#written(next, error));
    }
    if (this.#farewell === undefined || this.#waiting.length > 0) return;
    this.#socket.close(CLOSE_CODES.done, closeReason(this.#farewell));
  }

  #written(outgoing: Outgoing, error: Error | null | undefined): void {
    if (!this.#underWay.delete(outgoing)) return;
    this.#underWayBytes -= outgoing.frame.length;
    if (error) outgoing.reject(lostFrame(this.peer, this.#why ?? said(error), error));
    else outgoing.resolve();
    if (this.#waiting.length > 0) this.#pump();
  }

  #ended(why: string): void {
    this.#why ??= why;
    this.#incoming.end();
    const unsent = [...this.#underWay, ...this.#waiting];
    this.#underWay.clear();
    this.#waiting.length = 0;
    for (const { reject } of unsent) reject(lostFrame(this.peer, this.#why));
  }

  #told(error: Error): string {
    const isOversized = 'code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
    if (isOversized) return `the other side sent a frame of more than ${this.#options.frameBytesMax} bytes`;
    return `the connection failed: ${said(error)}`;
  }
}
