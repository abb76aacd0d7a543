/**
 * Values checked by the user's schema (any Standard Schema, version 1). A local write that does not fit is refused;
 * what a peer sent is kept and shown with its issues, because dropping it would lose a write. Loaded only by stores that
 * have a schema; it imports types alone, or a bundler would cut what it shares with the store into one more file.
 */

import type { Value } from '../codec/value.ts';
import type { CausalError } from '../errors.ts';
import type { Version } from './record.ts';

/** The part of a Standard Schema that is used here. */
export type StandardSchema<T = unknown> = {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>;
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
  };
};

/** What the store lends it. */
type Lent = { readonly freezeValue: (value: unknown) => Value; readonly Failure: typeof CausalError };

type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/** A user's schema at the two doors: local writes are admitted or refused, what peers sent is marked. */
export class SchemaGate {
  readonly #schema: StandardSchema;
  readonly #lent: Lent;
  /** Issues of versions that came from peers; undefined for one that fits. */
  readonly #issues = new WeakMap<Version, readonly unknown[] | undefined>();

  constructor(schema: StandardSchema, lent: Lent) {
    this.#schema = schema;
    this.#lent = lent;
  }

  /** The value as the schema gives it back, checked and frozen. Throws: SCHEMA_REJECTED, and as `freezeValue`. */
  async admit(key: string, value: unknown): Promise<Value> {
    const { freezeValue, Failure } = this.#lent;
    const result = await this.#schema['~standard'].validate(value);
    if (result.issues === undefined) return freezeValue(result.value);
    const { issues } = result;
    throw new Failure('SCHEMA_REJECTED', `Cannot write "${key}": ${issues[0]?.message ?? 'it is refused'}`, {
      key,
      issues,
    });
  }

  /** Makes sure that every version has been checked; a promise when the schema is asynchronous. */
  check(versions: readonly Version[], ownId: string): undefined | Promise<unknown> {
    const waits: Promise<void>[] = [];
    for (const version of versions) {
      if (version.id === ownId || version.value === undefined || this.#issues.has(version)) continue;
      const result = this.#schema['~standard'].validate(version.value satisfies Value);
      if (result instanceof Promise) waits.push(result.then((settled) => this.#note(version, settled)));
      else this.#note(version, result);
    }
    return waits.length === 0 ? undefined : Promise.all(waits);
  }

  /** The issues of a checked version; undefined when it fits. */
  issuesOf(version: Version): readonly unknown[] | undefined {
    return this.#issues.get(version);
  }

  #note(version: Version, result: SchemaResult<unknown>): void {
    this.#issues.set(version, result.issues);
  }
}
