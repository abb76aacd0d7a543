/**
 * What is used of the platform, by shape: the core compiles without the types of the DOM, and this file says which part
 * of WebSocket and of timers the transport leans on.
 */

import { CausalError } from '../errors.ts';

/** One connection of the platform, as far as it is used here. */
export type PlatformWebSocket = {
  binaryType: string;
  readonly protocol: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
};

/** The WebSocket of a browser, of Node 22 or later, or of the package `ws`. */
export type PlatformWebSocketConstructor = new (url: string, protocols: string[]) => PlatformWebSocket;

/** What the platform tells with a message, a close or an error; of each only what it has. */
export type PlatformEvent = {
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
};

type Host = {
  readonly WebSocket?: PlatformWebSocketConstructor;
  readonly setTimeout: (run: () => void, delayMs: number) => unknown;
  readonly clearTimeout: (timer: unknown) => void;
};

const host = globalThis as unknown as Host; // what is optional in it is checked before use

/** The WebSocket that was given, or the one of the platform. Throws: UNSUPPORTED where there is none. */
export function webSocketOr(given: PlatformWebSocketConstructor | undefined): PlatformWebSocketConstructor {
  const WebSocket = given ?? host.WebSocket;
  if (WebSocket !== undefined) return WebSocket;
  throw new CausalError(
    'UNSUPPORTED',
    'Cannot open links: this platform has no WebSocket, give one, or use cairndb/websocket-node in Node before 22.',
  );
}

/** Calls `run` once after so many milliseconds, unless what it returns is called before. */
export function after(delayMs: number, run: () => void): () => void {
  const timer = host.setTimeout(run, delayMs);
  return () => host.clearTimeout(timer);
}
