/**
 * The sentences of a transport that fails, so that every adapter says the same thing in the same words. Nothing here
 * repeats an address that was not understood: somebody may have put a secret into it.
 */

import { CausalError } from '../errors.ts';

/** LINK_FAILED: nobody could be reached, and nothing was sent. */
export function unreachablePeer(address: string, why: string, cause?: unknown): CausalError {
  return new CausalError(
    'LINK_FAILED',
    `Cannot open a link to ${address}: ${why}, see that a replica listens there and try again.`,
    { address, why },
    cause,
    'not-done',
  );
}

/** LINK_FAILED: the address is not to be had. */
export function unusableAddress(address: string, why: string, cause?: unknown): CausalError {
  return new CausalError(
    'LINK_FAILED',
    `Cannot listen at ${address}: ${why}, take another address.`,
    { address, why },
    cause,
    'not-done',
  );
}

/** LINK_FAILED: the link had ended before the frame was given to it. */
export function endedLink(peer: string, why: string): CausalError {
  return new CausalError(
    'LINK_FAILED',
    `Cannot send to ${peer}: the link has ended (${why}), open another one.`,
    { peer, why },
    undefined,
    'not-done',
  );
}

/** LINK_FAILED: the link ended while the frame was under way, which may have arrived. */
export function lostFrame(peer: string, why: string, cause?: unknown): CausalError {
  return new CausalError(
    'LINK_FAILED',
    `Cannot say whether a frame reached ${peer}: the link ended (${why}), open another one and ask.`,
    { peer, why },
    cause,
  );
}

/** Throws: RangeError when a frame is larger than a link carries. */
export function checkFrame(frame: Uint8Array, frameBytesMax: number): void {
  if (frame.length <= frameBytesMax) return;
  throw new RangeError(
    `Cannot send a frame of ${frame.length} bytes: a link carries at most ${frameBytesMax}, send it in parts.`,
  );
}

/** What an error says; the errors of several attempts at once have no words of their own. */
export function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
