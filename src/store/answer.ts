/**
 * What a read shows. An answer is a value, a conflict no error: `absent` (nothing known), `deleted` (only tombstones),
 * `live` (one value), `conflict` (the siblings, tombstones among them). Each carries the context it reflects, as a
 * token to write with and as a clock to compare with; both are computed when first asked for, so a read stays cheap.
 */

import { DotSet } from '../clock/dot-set.ts';
import type { VectorClock } from '../clock/vector-clock.ts';
import { keepAlive } from '../codec/compact.ts';
import type { Value } from '../codec/value.ts';
import { encodeToken } from './context-token.ts';
import { SeenAt } from './knowledge.ts';
import type { Sibling } from './resolve.ts';
import { toSibling } from './resolve.ts';
import { type Cell, toRecord } from './table.ts';

type Common<T> = {
  /** The versions the key holds, in dot order; several beside a `live` or `deleted` status that a policy decided. */
  readonly siblings: readonly Sibling<T>[];
  /** Opaque, url-safe, for this key only: pass it to a write that is based on this answer. */
  readonly context: string;
  /** What this answer reflects of the key, comparable with any other answer for it from any replica. */
  readonly clock: VectorClock;
};

export type Absent<T = Value> = Common<T> & { readonly status: 'absent' };
export type Deleted<T = Value> = Common<T> & { readonly status: 'deleted' };
export type Live<T = Value> = Common<T> & { readonly status: 'live'; readonly value: T };
export type Conflict<T = Value> = Common<T> & { readonly status: 'conflict' };
export type Answer<T = Value> = Absent<T> | Deleted<T> | Live<T> | Conflict<T>;

/** The effective context of a key: `seen` at the time of reading and the record's residual. */
export function contextOf(seen: SeenAt, cell: Cell | undefined): DotSet {
  return seen.toDotSet().union(toRecord(cell).residual);
}

/** One shape for all four answers; the constructor's callers see to it that status and value agree. */
export class AnswerView<T> {
  readonly status: Answer<T>['status'];
  readonly value: T | undefined;
  readonly #key: string;
  readonly #cell: Cell | undefined;
  readonly #seen: SeenAt;
  #siblings: readonly Sibling<T>[] | undefined;

  constructor(
    status: Answer<T>['status'],
    value: T | undefined,
    key: string,
    cell: Cell | undefined,
    seen: SeenAt,
    siblings?: readonly Sibling<T>[],
  ) {
    this.status = status;
    this.value = value;
    this.#key = key;
    this.#cell = cell;
    this.#seen = seen;
    this.#siblings = siblings;
  }

  get siblings(): readonly Sibling<T>[] {
    this.#siblings ??= Object.freeze(toRecord(this.#cell).versions.map(toSibling<T>));
    return this.#siblings;
  }

  get context(): string {
    return encodeToken('context', this.#key, contextOf(this.#seen, this.#cell));
  }

  get clock(): VectorClock {
    return contextOf(this.#seen, this.#cell).vector;
  }

  toJSON(): Record<string, unknown> {
    const { status, siblings, context, clock, value } = this;
    return { status, siblings, context, clock, ...(status === 'live' ? { value } : {}) };
  }
}

// Without one that stays, V8 forgets with every collection what it compiled for answers. One holds a number, one an
// object, so that the class is settled for both.
const never = new SeenAt('', DotSet.empty, 0);
keepAlive(new AnswerView('live', 0, '', undefined, never), new AnswerView('live', {}, '', undefined, never));
