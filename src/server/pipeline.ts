/**
 * Requests of one connection, one after the other. Node hands over a request as soon as it is parsed, even while those
 * before it are under way; but a client that sends a PUT and a GET behind it expects the GET to see it (RFC 9112, 9.3.2).
 */

import type { Socket } from 'node:net';

type Line = { isBusy: boolean; readonly waiting: (() => void)[] };

/** Requests that wait for those before them on one connection; more are refused. */
const WAITING_MAX = 100;

/** The lines of all connections of a server. */
export class Pipelines {
  readonly #lines = new Map<Socket, Line>();
  readonly #whenGone: (() => void)[] = [];

  /** Answers when no connection is left on which anything was asked. */
  async allGone(): Promise<void> {
    if (this.#lines.size > 0) await new Promise<void>((resolve) => this.#whenGone.push(resolve));
  }

  /** Runs `start` when the requests before it are done; false when there are too many of them. */
  enter(socket: Socket, start: () => void): boolean {
    let line = this.#lines.get(socket);
    if (line === undefined) {
      line = { isBusy: false, waiting: [] };
      this.#lines.set(socket, line);
      socket.once('close', () => this.#forget(socket));
    }
    if (!line.isBusy) {
      line.isBusy = true;
      start();
      return true;
    }
    if (line.waiting.length >= WAITING_MAX) return false;
    line.waiting.push(start);
    return true;
  }

  /** The request under way is done: the next one begins. Those of a connection that is gone never do. */
  leave(socket: Socket): void {
    const line = this.#lines.get(socket);
    if (line === undefined) return;
    const next = socket.destroyed ? undefined : line.waiting.shift();
    if (next === undefined) line.isBusy = false;
    else next();
  }

  #forget(socket: Socket): void {
    this.#lines.delete(socket);
    if (this.#lines.size === 0) for (const tell of this.#whenGone.splice(0)) tell();
  }
}
