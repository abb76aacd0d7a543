/**
 * The verdict on one key of one replica, and on one reaping, as the oracle has it: what is shown must be what the model
 * shows. Knows no world and no search; random schedules and the exhaustive one are judged by the same lines.
 */

import type { Dot } from '../../clock/dot.ts';
import { formatDot } from '../../clock/dot.ts';
import { areConcurrent, type Operation } from '../../model/operations.ts';
import type { Sibling } from '../../store/resolve.ts';

/** A law that does not hold, and what was seen. */
export type Verdict = { readonly law: string; readonly why: string };

/** What the model says of a key at a replica. */
export type Reference = {
  /** What a reader must be shown. */
  readonly expected: readonly Operation[];
  readonly knows: ReadonlySet<string>;
  /** The operation of this key that has this dot. */
  readonly operationOf: (dot: Dot) => Operation | undefined;
  /** Whether some replica has reaped this delete. */
  readonly wasReaped: (name: string) => boolean;
  /** Whether the key went on without what a disk had lost. */
  readonly isAccepted: boolean;
  /** Whether a lost write had superseded this one. */
  readonly isExcused: (name: string) => boolean;
};

/** L4, L6, L7, L9, L10 for a key on which no dot collided. `text` is how the model keeps a value. */
export function judgeShown<T>(
  siblings: readonly Sibling<T>[],
  reference: Reference,
  text: (value: T) => string,
): Verdict | undefined {
  const shown = new Set<string>();
  for (const sibling of siblings) {
    const operation = reference.operationOf(sibling.dot);
    if (operation === undefined) return { law: 'L6', why: `nobody wrote dot ${formatDot(sibling.dot)} under this key` };
    if (operation.value !== (sibling.tombstone ? undefined : text(sibling.value)))
      return { law: 'L6', why: `nobody wrote that value under ${formatDot(sibling.dot)}` };
    shown.add(operation.name);
  }
  const right = new Set(reference.expected.map(({ name }) => name));
  for (const name of shown) {
    if (right.has(name)) continue;
    if (!reference.knows.has(name)) return { law: 'L4', why: `${name} is shown but was never taken in` };
    if (!reference.isAccepted) return { law: 'L10', why: `${name} is shown but superseded` };
  }
  for (const { name, tombstone } of reference.expected) {
    // What a lost write had superseded stays superseded where it was known, until the write itself comes back.
    if (shown.has(name) || reference.isExcused(name)) continue;
    if (!tombstone) return { law: 'L7', why: `${name} is neither shown nor superseded` };
    if (!reference.wasReaped(name)) return { law: 'L9', why: `delete ${name} is not shown and nobody reaped it` };
  }
  return undefined;
}

/** An operation of the reaped key, and what its author knew of the key before. */
export type Made = { readonly operation: Operation; readonly authorKnew: ReadonlySet<string> };

/**
 * L9, L11: the operation that a member may still bring although it was made beside the reaped tombstone without knowing it.
 * `made` is of members that can speak for themselves; `known` is what the reaping replica knows.
 */
export function reapedTooEarly(
  tombstone: Operation,
  made: Iterable<Made>,
  known: ReadonlySet<string>,
): Operation | undefined {
  for (const { operation, authorKnew } of made) {
    if (known.has(operation.name)) continue;
    if (areConcurrent(operation, tombstone) && !authorKnew.has(tombstone.name)) return operation;
  }
  return undefined;
}

/** The status that siblings have where no policy hides any. */
export function statusOf(siblings: readonly { readonly tombstone: boolean }[]): string {
  if (siblings.length === 0) return 'absent';
  if (siblings.every((sibling) => sibling.tombstone)) return 'deleted';
  return siblings.length === 1 ? 'live' : 'conflict';
}
