/**
 * The oracle: a replica that keeps, for every key, the set of all operations it ever took in, and forgets nothing.
 * Slow and obvious on purpose, and shares no code with clock or store: what production shows must equal what this shows.
 * Tombstones are never reaped here; whether a reap was allowed is judged by the checks of the test kit.
 */

import { type Operation, type Operations, visible } from './operations.ts';

/** What a write is based on: what the replica knows here, nothing, or a set of operations read earlier somewhere. */
export type ModelContext = 'local' | 'none' | ReadonlySet<string>;

/** What the author of a write says about it. */
export type ModelWrite = {
  readonly name: string;
  readonly key: string;
  readonly tombstone: boolean;
  readonly value?: unknown;
  readonly context: ModelContext;
};

const NOTHING: ReadonlySet<string> = new Set();

/** One replica of the model; all replicas of a run share the table of operations. */
export class ModelReplica {
  readonly #operations: Operations;
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(operations: Operations) {
    this.#operations = operations;
  }

  /** The names of the operations of `key` this replica has taken in: its own, received, or named by a context it was given. */
  knows(key: string): ReadonlySet<string> {
    return this.#known.get(key) ?? NOTHING;
  }

  /** The keys this replica knows anything of, in the order it first did. */
  keys(): string[] {
    return [...this.#known.keys()];
  }

  /** The operations of `key` a reader must be shown. */
  visible(key: string): Operation[] {
    return visible([...this.knows(key)].map((name) => this.#operations.get(name)));
  }

  /** Writes or deletes here, and returns the operation; the replica then also knows what the context named. */
  write({ name, key, tombstone, value, context }: ModelWrite): Operation {
    const seen = context === 'local' ? this.knows(key) : context === 'none' ? NOTHING : context;
    const operation: Operation = { name, key, tombstone, value, context: seen };
    this.#operations.add(operation);
    this.receive(key, [...seen, name]);
    return operation;
  }

  /** What this replica would hand another for `key` at this moment (later writes do not change it). */
  record(key: string): ReadonlySet<string> {
    return this.knows(key);
  }

  /** Takes in what another replica knew of `key`; returns whether anything was new. */
  receive(key: string, snapshot: Iterable<string>): boolean {
    const before = this.knows(key);
    const after = new Set(before);
    for (const name of snapshot) after.add(name);
    if (after.size === before.size) return false;
    this.#known.set(key, after);
    return true;
  }

  /** Takes in what `other` knows of `keys` (of every key it knows, unless told), as one side of an exchange. */
  learnFrom(other: ModelReplica, keys: Iterable<string> = other.keys()): void {
    for (const key of keys) this.receive(key, other.record(key));
  }
}

/** A whole exchange: afterwards both know the union, key by key. */
export function exchangeModels(a: ModelReplica, b: ModelReplica): void {
  b.learnFrom(a);
  a.learnFrom(b);
}

/** The names of every operation of `key` that some replica knows. */
export function knownAnywhere(replicas: Iterable<ModelReplica>, key: string): Set<string> {
  const all = new Set<string>();
  for (const replica of replicas) for (const name of replica.knows(key)) all.add(name);
  return all;
}
