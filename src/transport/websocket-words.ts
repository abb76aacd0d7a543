/**
 * What every WebSocket transport of Cairn says alike: the form of addresses, the subprotocol, the codes and reasons that
 * links are closed with. Needs neither Node nor a browser.
 */

import { utf8Length } from '../codec/text.ts';

/** Names how frames travel, not what they mean: one binary message a frame. */
export const SUBPROTOCOL = 'cairn.1';

/** Why a link is closed. Browsers may give the codes from 3000 on only, so those stand in for 1003, 1008 and 1009. */
export const CLOSE_CODES = {
  done: 1000,
  text: 1003,
  tooLarge: 1009,
  fromBrowser: { text: 4003, unread: 4008, tooLarge: 4009 },
} as const;

const REASON_BYTES_MAX = 123;

/** The parts of an address; `path` begins with a slash. */
export type WebSocketAddress = {
  readonly scheme: 'ws:' | 'wss:';
  /** As it is written, brackets included. */
  readonly host: string;
  /** Undefined when none is given. */
  readonly port: number | undefined;
  readonly path: string;
};

const FORM = /^(wss?:)\/\/(\[[0-9a-f:.]+\]|[^\s/?#@:[\]]+)(?::(\d{1,5}))?(\/[^\s?#]*)?$/i;

/**
 * The parts of an address. Throws: TypeError for anything but scheme, host, port and path: users, tokens and queries
 * end up in logs, and do not belong there. For the same reason the address is not repeated.
 */
export function parseWebSocketAddress(address: string): WebSocketAddress {
  const [, scheme, host, port, path = '/'] = FORM.exec(String(address)) ?? [];
  if (scheme === undefined || host === undefined || Number(port ?? 0) > 65_535) {
    throw new TypeError(
      'Cannot use this as an address of a link: it has not the form ws://host:port/path, leave out users and queries.',
    );
  }
  return {
    scheme: scheme.toLowerCase() === 'ws:' ? 'ws:' : 'wss:',
    host,
    port: port === undefined ? undefined : Number(port),
    path,
  };
}

/** As much of a reason as fits into a close frame. */
export function closeReason(why: string): string {
  let reason = '';
  let bytes = 0;
  for (const character of why.replace(/\p{Surrogate}/gu, '\ufffd')) {
    bytes += utf8Length(character);
    if (bytes > REASON_BYTES_MAX) break;
    reason += character;
  }
  return reason;
}

/** What the code and reason of a closed connection say, in words for a log. */
export function closedBecause(code: number, reason: string): string {
  const { fromBrowser } = CLOSE_CODES;
  const words = reason === '' ? '' : `: ${reason}`;
  if (code === 1005 || code === CLOSE_CODES.done) return `closed by the other side${words}`;
  if (code === 1006) return 'the connection broke';
  if (code === CLOSE_CODES.tooLarge || code === fromBrowser.tooLarge) return `a frame was over the limit${words}`;
  return `closed by the other side with code ${code}${words}`;
}
