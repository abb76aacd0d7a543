/** What the observer of a run keeps of each write, and how it says that a law does not hold. */

import { type Dot, formatDot } from '../clock/dot.ts';

/** A law that does not hold, and where. */
export type Violation = { readonly law: string; readonly what: string; readonly key?: string };

/** One write or delete, as it was issued. */
export type Operation = {
  readonly number: number;
  readonly key: string;
  readonly dot: Dot;
  /** Undefined: a delete. */
  readonly value: string | undefined;
  /** What it supersedes. */
  readonly context: ReadonlySet<Operation>;
  readonly authorKnew: ReadonlySet<Operation>;
  readonly by: string;
  isAcknowledged: boolean;
  /** Its client was told that it did not happen. */
  isRefused: boolean;
  /** Somebody showed it. */
  isShown: boolean;
  isReaped: boolean;
  /** It was undone or lost before anybody else had it. */
  isGone: boolean;
  /** Who is known to have it. */
  readonly holders: Set<string>;
};

/** An operation, for people. */
export function describe({ number, dot, value, isAcknowledged }: Operation): string {
  return `#${number} ${formatDot(dot)} ${value ?? 'deleted'}${isAcknowledged ? '' : ' (not acknowledged)'}`;
}
