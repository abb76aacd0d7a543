/**
 * What was ever written, as plain named operations. Nothing here knows dots, clocks or ranges: an operation carries the
 * whole set of operations its author had seen of that key, so every question about causality is a set lookup.
 * The specification behind laws L4 to L12 (DVVSet's reference semantics, Almeida et al. 2014, without its encoding).
 */

import { InvariantError } from '../errors.ts';

/** One write or delete of one key; `context` names every operation of that key that its author had seen. */
export type Operation = {
  readonly name: string;
  readonly key: string;
  readonly tombstone: boolean;
  readonly value: unknown;
  readonly context: ReadonlySet<string>;
};

/** Every operation of a run by its unique name. */
export class Operations {
  readonly #byName = new Map<string, Operation>();
  readonly #byKey = new Map<string, Operation[]>();

  /** Adds an operation. Throws InvariantError when the name is taken or the context names an unknown or foreign operation. */
  add(operation: Operation): void {
    const { name, key, context } = operation;
    if (this.#byName.has(name)) throw new InvariantError(`operation ${name} exists already`);
    for (const seen of context) {
      if (this.get(seen).key !== key)
        throw new InvariantError(`operation ${name} of key ${key} names ${seen} of another key`);
    }
    this.#byName.set(name, operation);
    const ofKey = this.#byKey.get(key);
    if (ofKey === undefined) this.#byKey.set(key, [operation]);
    else ofKey.push(operation);
  }

  /** The operation of that name. Throws InvariantError when nobody made it. */
  get(name: string): Operation {
    const operation = this.#byName.get(name);
    if (operation === undefined) throw new InvariantError(`nobody made operation ${name}`);
    return operation;
  }

  /** Whether somebody made an operation of that name. */
  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** Every operation of `key`, in the order they were made. */
  of(key: string): readonly Operation[] {
    return this.#byKey.get(key) ?? [];
  }
}

/** Whether neither operation's author had seen the other. */
export function areConcurrent(a: Operation, b: Operation): boolean {
  return a.name !== b.name && !a.context.has(b.name) && !b.context.has(a.name);
}

/** The operations among `known` that no other operation of `known` has in its context: what a reader must be shown. */
export function visible(known: Iterable<Operation>): Operation[] {
  const all = [...known];
  const superseded = new Set<string>();
  for (const operation of all) for (const name of operation.context) superseded.add(name);
  return all.filter((operation) => !superseded.has(operation.name));
}
