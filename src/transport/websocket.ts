/**
 * Links over the platform's WebSocket, in browsers and in Node 22 or later. It can only open links. A WebSocket of the
 * platform says neither when it has room (its buffer is asked again and again while it is full) nor can it hold the
 * other side back: frames that nobody takes are kept up to a bound, and past it the link is closed.
 */

import { checkInteger } from '../assert.ts';
import { CausalError } from '../errors.ts';
import {
  FRAME_BYTES_MAX,
  FRAME_BYTES_MIN,
  LINK_BUFFER_BYTES,
  LINK_UNREAD_BYTES_MAX,
  MESSAGE_BYTES_MAX,
} from '../limits.ts';
import { checkFrame, endedLink, lostFrame, said, unreachablePeer } from './failure.ts';
import { FrameQueue } from './frame-queue.ts';
import type { Link, Transport } from './transport.ts';
import {
  after,
  type PlatformEvent,
  type PlatformWebSocket,
  type PlatformWebSocketConstructor,
  webSocketOr,
} from './websocket-types.ts';
import { CLOSE_CODES, closedBecause, closeReason, parseWebSocketAddress, SUBPROTOCOL } from './websocket-words.ts';

const OPEN = 1;
/** How often a full buffer is looked at. */
const LOOK_AGAIN_MS = 4;

export type WebSocketTransportOptions = {
  /** Default: the platform's. */
  readonly WebSocket?: PlatformWebSocketConstructor;
  /** Must be what the other side takes. Default 16 MiB. */
  readonly frameBytesMax?: number;
  /** How much may wait to be sent before `send` waits. Default 1 MiB. */
  readonly bufferBytes?: number;
  /** How much may wait to be taken before the link is closed. Default 64 MiB. */
  readonly unreadBytesMax?: number;
  /** How long `connect` waits unless it is told. Default 10,000. */
  readonly connectMs?: number;
  /** How long a closing link waits for the other side. Default 5,000. */
  readonly closeMs?: number;
};

type Limits = {
  readonly frameBytesMax: number;
  readonly bufferBytes: number;
  readonly unreadBytesMax: number;
  readonly connectMs: number;
  readonly closeMs: number;
};

/** A transport that opens links to `ws:` and `wss:` addresses. Throws: RangeError for limits that are none. */
export function webSocketTransport(options: WebSocketTransportOptions = {}): Transport {
  const limits: Limits = {
    frameBytesMax: options.frameBytesMax ?? FRAME_BYTES_MAX,
    bufferBytes: options.bufferBytes ?? LINK_BUFFER_BYTES,
    unreadBytesMax: options.unreadBytesMax ?? LINK_UNREAD_BYTES_MAX,
    connectMs: options.connectMs ?? 10_000,
    closeMs: options.closeMs ?? 5_000,
  };
  checkInteger(limits.frameBytesMax, 'frameBytesMax', FRAME_BYTES_MIN, MESSAGE_BYTES_MAX);
  checkInteger(limits.bufferBytes, 'bufferBytes', 1, MESSAGE_BYTES_MAX);
  checkInteger(limits.unreadBytesMax, 'unreadBytesMax', 1, MESSAGE_BYTES_MAX);
  return {
    schemes: ['ws:', 'wss:'],
    frameBytesMax: limits.frameBytesMax,
    connect: async (address, { timeoutMs = limits.connectMs } = {}) => {
      parseWebSocketAddress(address);
      return open(webSocketOr(options.WebSocket), address, timeoutMs, limits);
    },
    listen: async (address) => {
      throw new CausalError(
        'UNSUPPORTED',
        `Cannot listen at ${address}: a WebSocket of the platform only connects, listen with cairndb/websocket-node.`,
      );
    },
  };
}

function open(
  WebSocket: PlatformWebSocketConstructor,
  address: string,
  timeoutMs: number,
  limits: Limits,
): Promise<Link> {
  return new Promise((resolve, reject) => {
    let socket: PlatformWebSocket;
    try {
      socket = new WebSocket(address, [SUBPROTOCOL]);
    } catch (error) {
      reject(unreachablePeer(address, said(error), error));
      return;
    }
    socket.binaryType = 'arraybuffer';
    const fail = (why: string): void => {
      cancel();
      for (const event of ['onopen', 'onmessage', 'onclose'] as const) socket[event] = null;
      // Closing a socket that is not open yet may still tell of an error, which nobody must meet unprepared.
      socket.onerror = () => undefined;
      socket.close();
      reject(unreachablePeer(address, why));
    };
    const cancel = after(timeoutMs, () => fail(`there was no answer within ${timeoutMs} ms`));
    // Browsers do not say what the error is; the WebSocket of Node 20 tells of it, and not of the end.
    socket.onerror = ({ message }: PlatformEvent) => fail(message || 'no connection could be opened');
    socket.onclose = ({ code, reason }: PlatformEvent) => fail(closedBecause(code ?? 1006, reason ?? ''));
    socket.onopen = () => {
      if (socket.protocol !== SUBPROTOCOL) {
        fail('what answers there does not speak for Cairn');
        return;
      }
      cancel();
      resolve(new PlatformLink(socket, address, limits));
    };
  });
}

type Waiting = { readonly frame: Uint8Array; readonly resolve: () => void; readonly reject: (error: Error) => void };

class PlatformLink implements Link {
  readonly peer: string;
  /** The platform checks certificates, and does not show them. */
  readonly provenName = undefined;
  readonly #socket: PlatformWebSocket;
  readonly #limits: Limits;
  readonly #incoming = new FrameQueue(() => undefined);
  /** Frames that the socket has no room for yet. */
  readonly #waiting: Waiting[] = [];
  readonly #closed: Promise<void>;
  #settleClosed: () => void = () => undefined;
  #why: string | undefined;
  #isLooking = false;

  constructor(socket: PlatformWebSocket, address: string, limits: Limits) {
    this.peer = address;
    this.#socket = socket;
    this.#limits = limits;
    this.#closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    socket.onmessage = ({ data }: PlatformEvent) => this.#receive(data);
    socket.onclose = ({ code, reason }: PlatformEvent) => this.#ended(closedBecause(code ?? 1006, reason ?? ''));
    socket.onerror = () => undefined;
  }

  async send(frame: Uint8Array): Promise<void> {
    checkFrame(frame, this.#limits.frameBytesMax);
    this.#checkOpen();
    if (this.#waiting.length === 0 && this.#hasRoom()) {
      this.#give(frame);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ frame, resolve, reject });
      this.#look();
    });
  }

  async close(why = 'no reason given'): Promise<void> {
    if (this.#why === undefined) {
      this.#incoming.drop();
      this.#end('closed on this side', CLOSE_CODES.done, why);
    }
    await this.#closed;
  }

  endedBecause(): string | undefined {
    return this.#why;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#incoming[Symbol.asyncIterator]();
  }

  #receive(data: unknown): void {
    if (this.#why !== undefined) return;
    const { fromBrowser } = CLOSE_CODES;
    if (!(data instanceof ArrayBuffer)) {
      this.#end('the other side sent text', fromBrowser.text, 'frames are binary messages');
    } else if (data.byteLength > this.#limits.frameBytesMax) {
      const why = `the other side sent a frame of more than ${this.#limits.frameBytesMax} bytes`;
      this.#end(why, fromBrowser.tooLarge, `frames have at most ${this.#limits.frameBytesMax} bytes`);
    } else {
      this.#incoming.push(new Uint8Array(data));
      if (this.#incoming.bytes <= this.#limits.unreadBytesMax) return;
      this.#end(
        `more than ${this.#limits.unreadBytesMax} bytes came and were not taken`,
        fromBrowser.unread,
        'frames come faster than they are taken here, send less at once',
      );
    }
  }

  /** Closes the connection from this side; what had come is still given unless it was dropped before. */
  #end(why: string, code: number, reason: string): void {
    this.#why = why;
    this.#incoming.end();
    // Those that waited come before the end: the socket keeps them, as the waiting ones were kept until now.
    for (const waiting of this.#waiting.splice(0)) this.#hand(waiting);
    this.#socket.close(code, closeReason(reason));
    const cancel = after(this.#limits.closeMs, () => this.#settleClosed());
    void this.#closed.then(cancel);
  }

  #ended(why: string): void {
    this.#why ??= why;
    this.#incoming.end();
    for (const { reject } of this.#waiting.splice(0)) reject(lostFrame(this.peer, this.#why));
    this.#settleClosed();
  }

  #checkOpen(): void {
    if (this.#why !== undefined) throw endedLink(this.peer, this.#why);
    if (this.#socket.readyState !== OPEN) throw endedLink(this.peer, 'closed by the other side');
  }

  #hasRoom(): boolean {
    return this.#socket.bufferedAmount < this.#limits.bufferBytes;
  }

  /** Passes on what waits as soon as there is room; the platform does not say when. */
  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    after(LOOK_AGAIN_MS, () => {
      this.#isLooking = false;
      while (this.#hasRoom()) {
        const next = this.#waiting.shift();
        if (next === undefined) return;
        this.#hand(next);
      }
      if (this.#waiting.length > 0) this.#look();
    });
  }

  #hand({ frame, resolve, reject }: Waiting): void {
    if (this.#socket.readyState !== OPEN) {
      reject(lostFrame(this.peer, this.#why ?? 'closed by the other side'));
      return;
    }
    this.#give(frame);
    resolve();
  }

  #give(frame: Uint8Array): void {
    this.#socket.send(frame as Uint8Array<ArrayBuffer>); // shared memory is refused by the platform itself
  }
}
