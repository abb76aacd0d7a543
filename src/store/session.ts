/**
 * A client's session: read your writes, monotonic reads, monotonic writes, writes follow reads, also when the client
 * moves to another replica with the session's token. A replica that has not yet seen what the session has seen
 * answers BEHIND; it never lies. Law: L15.
 */

import { DotSet } from '../clock/dot-set.ts';
import { CausalError } from '../errors.ts';
import type { Answer } from './answer.ts';
import { decodeToken, encodeToken } from './context-token.ts';
import type { UpdateRecipe, WriteOptions, Written } from './operations.ts';
import type { ReplicaRecord } from './replica-record.ts';

/** What a session needs of a store. */
export type SessionStore<T> = {
  readonly id: string;
  readonly seen: DotSet;
  readonly record: (key: string) => Promise<ReplicaRecord>;
  readonly get: (key: string) => Promise<Answer<T>>;
  readonly put: (key: string, value: T, options?: WriteOptions) => Promise<Written>;
  readonly delete: (key: string, options?: WriteOptions) => Promise<Written>;
  readonly update: (key: string, recipe: UpdateRecipe<T>) => Promise<Written>;
};

/** Reads and writes that never go behind what this session has seen. Law: L15. Throws: BEHIND. */
export class Session<T> {
  readonly #store: SessionStore<T>;
  #seen: DotSet;
  /** What the keys used here reflect beyond `seen`: this replica knows it, another may not. */
  #heard: DotSet = DotSet.empty;

  /** Continues the session that gave `token`, at this replica. */
  constructor(store: SessionStore<T>, token?: string) {
    this.#store = store;
    this.#seen = token === undefined ? DotSet.empty : decodeToken('session', '', token);
  }

  /** Opaque, url-safe: what this session has seen. */
  get token(): string {
    return encodeToken('session', '', this.#seen.union(this.#heard));
  }

  async get(key: string): Promise<Answer<T>> {
    return this.#after(key, () => this.#store.get(key));
  }

  async put(key: string, value: T, options?: WriteOptions): Promise<Written> {
    return this.#after(key, () => this.#store.put(key, value, options));
  }

  async delete(key: string, options?: WriteOptions): Promise<Written> {
    return this.#after(key, () => this.#store.delete(key, options));
  }

  async update(key: string, recipe: UpdateRecipe<T>): Promise<Written> {
    return this.#after(key, () => this.#store.update(key, recipe));
  }

  async #after<R>(key: string, operation: () => Promise<R>): Promise<R> {
    if (!this.#store.seen.covers(this.#seen)) {
      throw new CausalError('BEHIND', `Cannot serve the session: "${this.#store.id}" is behind it`, {
        id: this.#store.id,
      });
    }
    const result = await operation();
    // What the key is known to reflect may go beyond `seen`: a delete heard of through another replica's record.
    // The operation is done, whatever becomes of asking once more.
    const context = await this.#store.record(key).then(
      (record) => record.context,
      () => DotSet.empty,
    );
    this.#seen = this.#seen.union(this.#store.seen);
    this.#heard = this.#heard.union(context);
    return result;
  }
}
