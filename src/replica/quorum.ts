/** What N, R and W may be, and how it is said that too few replicas answered. */

import { checkInteger, misuse } from '../assert.ts';
import type { Dot } from '../clock/dot.ts';
import { CausalError } from '../errors.ts';
import type { GroupOptions } from './replica-types.ts';
import type { Roster } from './roster.ts';

const TIMEOUT_MS = 5_000;
const COUNT_MAX = 1_000_000;

/** How many must answer, and for how long a call waits for them. */
export type Quorum = {
  readonly r: number;
  readonly w: number;
  readonly timeoutMs: number;
  readonly isSloppy: boolean;
};

/**
 * The quorum a group was opened with. Throws: RangeError when N is another than the list says, or R or W is not within
 * 1 to N; the latter only for a replica that is on the list, because one that is to be joined does not know it yet.
 */
export function quorumOf<T>(options: GroupOptions, roster: Roster<T>): Quorum {
  const { n, r = 1, w = 1, timeoutMs = TIMEOUT_MS, isSloppy = false } = options;
  const { names, hasSelf } = roster;
  if (n !== undefined) {
    checkInteger(n, 'N', 1, COUNT_MAX);
    if (n !== names.length)
      throw new RangeError(misuse(n, 'N', `is not the number of the members ${names.join(', ')}`));
  }
  const most = hasSelf ? names.length : COUNT_MAX;
  checkInteger(r, 'R', 1, most);
  checkInteger(w, 'W', 1, most);
  checkMs(timeoutMs, 'timeoutMs');
  return { r, w, timeoutMs, isSloppy };
}

/** Throws: RangeError unless the R or W of one call is within 1 to N. */
export function checkCount(count: number, what: 'R' | 'W', members: number): void {
  checkInteger(count, what, 1, Math.max(members, 1));
}

/** Throws: RangeError unless it is a number of milliseconds. */
export function checkMs(ms: number, what: string): void {
  if (!(ms >= 0 && ms <= 2 ** 31 - 1)) throw new RangeError(misuse(ms, what, 'is no number of milliseconds'));
}

/** Too few answers for a read, which changed nothing. */
export function readNotMet(key: string, r: number, answered: readonly string[]): CausalError {
  const sentence = `Cannot read "${key}" from ${r} replicas: ${listed(answered)} answered in time, try again or ask for fewer`;
  return new CausalError('QUORUM_NOT_MET', sentence, { key, r, answered }, undefined, 'not-done');
}

/** Too few replicas are connected for a write, of which nothing has been done. */
export function writeNotBegun(w: number, connected: readonly string[]): CausalError {
  const sentence = `Cannot write to ${w} replicas: ${listed(connected)} can be reached, nothing was written, try again`;
  return new CausalError('QUORUM_NOT_MET', sentence, { w, written: [], connected }, undefined, 'not-done');
}

/** A write of which too few replicas are known to have it; it is here, and will reach the others. */
export function writeNotMet(w: number, written: readonly string[], dots: readonly Dot[], cause?: unknown): CausalError {
  const sentence = `Cannot confirm the write at ${w} replicas: ${listed(written)} confirmed it in time, the others get it later`;
  const [dot] = dots;
  return new CausalError('QUORUM_NOT_MET', sentence, { w, written, dot, dots }, cause, 'unknown');
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
