/**
 * What an exchange refuses before it looks any further: a peer that speaks for another, a clock that is longer than this
 * side compares with its own, frames too small to carry anything.
 */

import type { DotSet } from '../clock/dot-set.ts';
import { CausalError } from '../errors.ts';
import { FRAME_BYTES_MIN } from '../limits.ts';
import { nameOf } from '../store/membership.ts';
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from './messages.ts';

/**
 * Who may speak for itself may not say what another has seen: tombstones would be reaped that the other still needs.
 * Throws: FORBIDDEN.
 */
export function checkSpeaker(id: string, peerName: string | undefined): void {
  if (peerName === undefined || nameOf(id) === peerName) return;
  throw new CausalError('FORBIDDEN', `Cannot exchange with "${peerName}": it speaks as "${id}"`, { id });
}

/** Cost: O(1). Throws: LIMIT_EXCEEDED. */
export function checkClock({ vector: { size } }: DotSet, max: number = Number.POSITIVE_INFINITY): void {
  if (size <= max) return;
  throw new CausalError('LIMIT_EXCEEDED', `Cannot exchange: a clock has ${size} ids, the limit is ${max}`, { max });
}

/** Throws: RangeError. */
export function checkVersion(version: number): void {
  if (Number.isSafeInteger(version) && version >= PROTOCOL_VERSION_MIN && version <= PROTOCOL_VERSION) return;
  throw new RangeError(
    `Cannot speak version ${version}: this release speaks ${PROTOCOL_VERSION_MIN} to ${PROTOCOL_VERSION}`,
  );
}

/** Throws: RangeError. */
export function checkFrameLimit(bytes: number): void {
  if (Number.isSafeInteger(bytes) && bytes >= FRAME_BYTES_MIN) return;
  throw new RangeError(`Cannot begin an exchange: its frame limit is ${bytes}, give at least ${FRAME_BYTES_MIN} bytes`);
}
