/**
 * What the scenarios share: replicas that are closed, hurt behind their back and opened again, and what they show. Bytes
 * are changed through the engine itself, so the same scenario runs over every engine.
 */

import { CausalError } from '../../src/errors.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { ByteEntry, Storage, StorageBatch, StorageEngine } from '../../src/storage/storage.ts';
import { KIND, textKey, textOf } from '../../src/store/durable/layout.ts';
import { openStore, type StoreOptions } from '../../src/store/open-store.ts';
import type { Report } from '../../src/store/operations.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';

export const MEMBERS: readonly string[] = ['a', 'b', 'c'];

/** A durable replica that may be closed and hurt; `store` is the one that is open now. */
export class Replica {
  readonly name: string;
  readonly reports: Report[] = [];
  engine: StorageEngine;
  readonly #options: StoreOptions<string>;
  #store: VersionedKVStore<string> | undefined;

  private constructor(name: string, engine: StorageEngine, options: StoreOptions<string>) {
    this.name = name;
    this.engine = engine;
    this.#options = options;
  }

  static async open(
    name: string,
    engine: StorageEngine = memoryStorage(),
    options: StoreOptions<string> = {},
  ): Promise<Replica> {
    const replica = new Replica(name, engine, options);
    await replica.open();
    return replica;
  }

  get store(): VersionedKVStore<string> {
    if (this.#store === undefined) throw new RangeError(`${this.name} was never opened`);
    return this.#store;
  }

  async open(): Promise<void> {
    this.#store = await openStore<string>({
      name: this.name,
      members: MEMBERS,
      ...this.#options,
      storage: this.engine,
      onReport: (report) => this.reports.push(report),
    });
  }

  /** Closes the store, does `harm` to what it stored, and opens it again. */
  async hurt(harm: (storage: Storage) => Promise<unknown>): Promise<void> {
    await this.store.close();
    const storage = await this.engine.open();
    await harm(storage);
    await storage.close();
    await this.open();
  }

  /** The kinds of what it reported, in order. */
  get told(): readonly string[] {
    return this.reports.map(({ kind }) => kind);
  }
}

/** Three members that have met nobody yet. */
export async function openTrio(): Promise<readonly [a: Replica, b: Replica, c: Replica]> {
  return [await Replica.open('a'), await Replica.open('b'), await Replica.open('c')];
}

/** Everybody meets everybody, that many times; gives the modes of the last round. */
export async function meet(replicas: readonly Replica[], rounds: number = 2): Promise<readonly string[]> {
  let modes: string[] = [];
  for (let round = 0; round < rounds; round++) {
    modes = [];
    for (const [at, one] of replicas.entries())
      for (const other of replicas.slice(at + 1)) modes.push((await exchange(one.store, other.store)).mode);
  }
  return modes;
}

/** What a reader is shown of a key: its values sorted, `deleted`, `absent`, or the code it is refused with. */
export async function shown({ store }: Replica, key: string): Promise<string> {
  try {
    const { status, siblings } = await store.get(key);
    if (status === 'absent' || status === 'deleted') return status;
    return siblings
      .map((sibling) => (sibling.tombstone ? 'deleted' : sibling.value))
      .sort()
      .join('|');
  } catch (error) {
    if (error instanceof CausalError) return error.code;
    throw error;
  }
}

/** What `verify` finds, as `kind key`. */
export async function faultsOf({ store }: Replica): Promise<readonly string[]> {
  const { isSound, faults } = await store.verify();
  const found = faults.map((fault) => ('key' in fault ? `${fault.kind} ${fault.key}` : fault.kind));
  if (isSound !== (found.length === 0)) throw new Error(`isSound is ${isSound} beside ${found.join()}`);
  return found.sort();
}

/** Removes the record of a key, and with `index` what names it. */
export async function dropRecord(storage: Storage, key: string, index: 'index stays' | 'with index'): Promise<void> {
  const dots = index === 'with index' ? await indexOf(storage, key) : [];
  await storage.commit(removing([textKey(KIND.record, key), ...dots.map(([at]) => at)]), 'synced');
}

/** The entries of the dot index that name a key. */
export async function indexOf(storage: Storage, key: string): Promise<readonly ByteEntry[]> {
  return (await entriesOf(storage, KIND.dot)).filter(([, named]) => textOf(Uint8Array.of(KIND.dot, ...named)) === key);
}

/** All entries of a kind, in order. */
export async function entriesOf(storage: Storage, kind: number): Promise<readonly ByteEntry[]> {
  const found: ByteEntry[] = [];
  for await (const chunk of storage.scan({ from: Uint8Array.of(kind), to: Uint8Array.of(kind + 1) }))
    found.push(...chunk);
  return found;
}

export function removing(deletes: readonly Uint8Array[]): StorageBatch {
  return { puts: [], deletes };
}
