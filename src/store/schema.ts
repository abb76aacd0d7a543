/**
 * Values checked by the user's schema (any Standard Schema, version 1). A local write that does not fit is refused;
 * what a peer sent is kept and shown with its issues, because dropping it would lose a write.
 */

import type { Value } from '../codec/value.ts';
import { CausalError } from '../errors.ts';
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

type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/** A user's schema at the two doors: local writes are admitted or refused, what peers sent is marked. */
export class SchemaGate {
  readonly #schema: StandardSchema;
  /** Issues of versions that came from peers; undefined for one that fits. */
  readonly #issues = new WeakMap<Version, readonly unknown[] | undefined>();

  constructor(schema: StandardSchema) {
    this.#schema = schema;
  }

  /** The value as the schema gives it back. Throws: SCHEMA_REJECTED. */
  async admit(key: string, value: unknown): Promise<unknown> {
    const result = await this.#schema['~standard'].validate(value);
    if (result.issues === undefined) return result.value;
    const { issues } = result;
    const seen = issues[0]?.message ?? 'it is refused';
    throw new CausalError('SCHEMA_REJECTED', `Cannot write "${key}": ${seen}`, { key, issues });
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
