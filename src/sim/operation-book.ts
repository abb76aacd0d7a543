/**
 * Every write and delete of a run, by the moment it was issued, with what its author knew then: plain sets of operations,
 * so that what supersedes what is a look-up and owes nothing to what production makes of clocks.
 */

import { type Dot, formatDot } from '../clock/dot.ts';
import type { DotSet } from '../clock/dot-set.ts';
import type { Value } from '../codec/value.ts';
import type { Sibling } from '../store/resolve.ts';
import type { KnownSet, Moment } from './known-set.ts';

/** A law that does not hold, and where. */
export type Violation = { readonly law: string; readonly what: string; readonly key?: string };

/** One write or delete, as it was issued. */
export type Operation = {
  readonly number: number;
  readonly key: string;
  readonly dot: Dot;
  /** Dots that it was given later, because that one was in use twice; by each of them too a context names it. */
  readonly aliases: Dot[];
  /** Undefined: a delete. */
  readonly value: string | undefined;
  /** What it supersedes. */
  readonly context: KnownSet<Operation>;
  readonly authorKnew: KnownSet<Operation>;
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

/** What is known of an operation when it is issued. */
export type Issued = Pick<Operation, 'key' | 'dot' | 'value' | 'context' | 'authorKnew' | 'by'>;

const NONE: ReadonlySet<Operation> = new Set();
/** Fewer operations of a key are not worth letting go of. */
const NARROW_FROM = 12;

/** The operations of one run. */
export class OperationBook {
  readonly #byKey = new Map<string, Operation[]>();
  /** Of a key, the operations that may still be shown; the others are superseded everywhere. */
  readonly #active = new Map<string, Operation[]>();
  readonly #byDot = new Map<string, Map<number, Operation>>();
  readonly #byValue = new Map<string, Operation>();
  /** Of a key, those that count as gone now. */
  readonly #gone = new Map<string, Set<Operation>>();
  #made = 0;
  /** Told of every operation as it is issued, by whoever records the run. */
  onIssued: ((operation: Operation) => void) | undefined;

  get size(): number {
    return this.#made;
  }

  keys(): Iterable<string> {
    return this.#byKey.keys();
  }

  /** Every operation of a key that anybody issued. */
  of(key: string): readonly Operation[] {
    return this.#byKey.get(key) ?? [];
  }

  all(): readonly Operation[] {
    return [...this.#byKey.values()].flat();
  }

  /** Those of a key that may still be shown. */
  active(key: string): readonly Operation[] {
    return this.#active.get(key) ?? [];
  }

  /** Now, for what is known of a key. `hasGone`: those that are gone count as well. */
  moment(key: string, hasGone = false): Moment<Operation> {
    const gone = this.#gone.get(key);
    const isNoneGone = hasGone || gone === undefined || gone.size === 0;
    return { key, made: this.#made, operations: this.of(key), gone: isNoneGone ? NONE : new Set(gone) };
  }

  /** The newest operation of that dot. */
  at({ id, counter }: Dot): Operation | undefined {
    return this.#byDot.get(id)?.get(counter);
  }

  byValue(value: string): Operation | undefined {
    return this.#byValue.get(value);
  }

  /** Takes note of an operation. */
  issue(issued: Issued): Operation {
    const { key, dot, value, by } = issued;
    this.#made += 1;
    const gone = this.#gone.get(key) ?? new Set();
    this.#gone.set(key, gone);
    const operation: Operation = {
      ...{ ...issued, number: this.#made, holders: new Set([by]), aliases: [] },
      ...{ isAcknowledged: false, isRefused: false, isShown: false, isReaped: false },
      get isGone(): boolean {
        return gone.has(operation);
      },
      set isGone(isGone) {
        if (isGone) gone.add(operation);
        else gone.delete(operation);
      },
    };
    const ofId = this.#byDot.get(dot.id) ?? new Map();
    this.#byDot.set(dot.id, ofId.set(dot.counter, operation));
    // A resolver may write again what somebody wrote: the first who did is who may be told that it failed.
    if (value !== undefined && !this.#byValue.has(value)) this.#byValue.set(value, operation);
    for (const table of [this.#byKey, this.#active]) {
      const ofKey = table.get(key);
      if (ofKey === undefined) table.set(key, [operation]);
      else ofKey.push(operation);
    }
    this.onIssued?.(operation);
    return operation;
  }

  /** The operations among which those are that a store may show, which shows these. Cost: few, where most are settled. */
  candidates(key: string, shown: ReadonlySet<Operation>): readonly Operation[] {
    const active = this.active(key);
    for (const operation of shown) if (!active.includes(operation)) return this.of(key);
    return active;
  }

  /** Lets go of what is superseded by something that is known everywhere. */
  narrow(isEverywhere: (operation: Operation) => boolean): void {
    for (const [key, operations] of this.#active) {
      if (operations.length < NARROW_FROM) continue;
      const everywhere = operations.filter(isEverywhere);
      this.#active.set(
        key,
        operations.filter((one) => !isSuperseded(one, everywhere)),
      );
    }
  }

  /** Something may have been forgotten: everything counts again. */
  widen(): void {
    for (const [key, operations] of this.#byKey) this.#active.set(key, [...operations]);
  }
}

/** Whether a context names the operation. */
export function hasDot(set: DotSet, { dot, aliases }: Operation): boolean {
  if (set.has(dot.id, dot.counter)) return true;
  return aliases.length > 0 && aliases.some(({ id, counter }) => set.has(id, counter));
}

/** Whether one of these, of which the newest come last, supersedes the operation. */
export function isSuperseded(operation: Operation, known: readonly Operation[]): boolean {
  for (let at = known.length - 1; at >= 0; at -= 1) if (known[at]?.context.has(operation) === true) return true;
  return false;
}

/** Whether it was made beside a tombstone that its author did not know, and its author still has it. */
export function isHeldBeside(operation: Operation, tombstone: Operation): boolean {
  const { context, authorKnew, holders, by, isGone } = operation;
  if (isGone || !holders.has(by) || authorKnew.has(tombstone)) return false;
  return !context.has(tombstone) && !tombstone.context.has(operation);
}

/** An operation, for people. */
export function describe({ number, dot, value, isAcknowledged }: Operation): string {
  return `#${number} ${formatDot(dot)} ${value ?? 'deleted'}${isAcknowledged ? '' : ' (not acknowledged)'}`;
}

/** Clients write nothing but texts. */
export function textIn(value: Value | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** What was written, where a sibling shows it; undefined: a delete. */
export function writtenIn(sibling: Sibling<string>): string | undefined {
  return sibling.tombstone ? undefined : sibling.value;
}

/** A sibling, for people. */
export function tell(sibling: Sibling<string>): string {
  return `${formatDot(sibling.dot)} ${sibling.tombstone ? 'deleted' : sibling.value}`;
}

/** A key, for people. */
export function told(key: string): string {
  return JSON.stringify(key);
}
