/**
 * What the scenarios share: replicas that are closed, hurt behind their back and opened again, and what they show. Bytes
 * are changed through the engine itself, so the same scenario runs over every engine.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { formatDot } from '../../src/clock/dot.ts';
import { CausalError } from '../../src/errors.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { level } from '../../src/storage/level.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { ByteEntry, Storage, StorageBatch, StorageEngine } from '../../src/storage/storage.ts';
import { KIND, textKey } from '../../src/store/durable/layout.ts';
import { openStore, type StoreOptions } from '../../src/store/open-store.ts';
import type { Report, Written } from '../../src/store/operations.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { rewriteNames } from './harmed-names.ts';

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

  /** Writes a value, and notes that it was acknowledged. */
  async put(ledger: Ledger, key: string, value: string): Promise<void> {
    ledger.note(key, value, await this.store.put(key, value));
  }

  /** Deletes a key, and notes that it was acknowledged. */
  async delete(ledger: Ledger, key: string): Promise<void> {
    ledger.note(key, 'deleted', await this.store.delete(key));
  }

  /** The kinds of what it reported, in order. */
  get told(): readonly string[] {
    return this.reports.map(({ kind }) => kind);
  }
}

/** Every write that was acknowledged, by its dot. */
export class Ledger {
  readonly #writes = new Map<string, string>();

  /** Law: L1. */
  note(key: string, value: string, { dot }: Written): void {
    const name = formatDot(dot);
    expect(this.#writes.get(name), `${name} was issued twice`).toBeUndefined();
    this.#writes.set(name, `${key}=${value}`);
  }

  /** L6: under every dot that a replica shows is what was written under it. */
  async check(replica: Replica): Promise<void> {
    for await (const [key, { siblings }] of replica.store.entries()) {
      for (const sibling of siblings) {
        const said = `${key}=${sibling.tombstone ? 'deleted' : sibling.value}`;
        expect(said, `${replica.name} shows ${formatDot(sibling.dot)}`).toBe(this.#writes.get(formatDot(sibling.dot)));
      }
    }
  }
}

/** Directories that are gone after the tests of the file. */
export function directories(): (name: string) => string {
  const roots: string[] = [];
  afterAll(() => {
    for (const root of roots) rmSync(root, { recursive: true, force: true });
  });
  return (name) => {
    const root = mkdtempSync(join(tmpdir(), 'cairn-scenario-'));
    roots.push(root);
    return join(root, name);
  };
}

/** What people do to directories. */
export const files = {
  /** Copies as `cp -a` does; `to` may be there already, then its files are written over and those beside them stay. */
  copy: (from: string, to: string): void => {
    execFileSync('mkdir', ['-p', to]);
    execFileSync('cp', ['-a', `${from}/.`, to]);
  },
  remove: (path: string): void => rmSync(path, { recursive: true, force: true }),
};

/** Three members in directories of their own. */
export async function openTrioIn(
  directory: (name: string) => string,
): Promise<readonly [a: Replica, b: Replica, c: Replica, directoryOfA: string]> {
  const ofA = directory('a');
  return [
    await Replica.open('a', level(ofA)),
    await Replica.open('b', level(directory('b'))),
    await Replica.open('c', level(directory('c'))),
    ofA,
  ];
}

const ROUNDS_MAX = 3;

/**
 * Lets all meet, and checks what must hold then: nothing more to send after a few rounds, the same `seen`, the same and
 * the expected answers, everything sound on every disk and after it was opened again. Law: L7, L10, L12, L14, L20.
 */
export async function agree(
  replicas: readonly Replica[],
  ledger: Ledger,
  expected: Readonly<Record<string, string>>,
): Promise<void> {
  await meet(replicas, ROUNDS_MAX);
  expect(new Set(await meet(replicas, 1)), 'modes of the last round').toEqual(new Set(['equal']));
  for (const replica of replicas) await checkAgreed(replica, replicas[0] ?? replica, ledger, expected);
  for (const replica of replicas) {
    await replica.store.close();
    await replica.open();
    await checkAgreed(replica, replicas[0] ?? replica, ledger, expected);
  }
}

async function checkAgreed(
  replica: Replica,
  first: Replica,
  ledger: Ledger,
  expected: Readonly<Record<string, string>>,
): Promise<void> {
  expect(replica.store.seen.toJSON(), `what ${replica.name} has seen`).toEqual(first.store.seen.toJSON());
  const shows = await Promise.all(Object.keys(expected).map(async (key) => [key, await shown(replica, key)]));
  expect(Object.fromEntries(shows), `what ${replica.name} shows`).toEqual(expected);
  expect(await faultsOf(replica), `faults of ${replica.name}`).toEqual([]);
  await ledger.check(replica);
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

/** Turns a bit in the record of a key. */
export async function flipRecord(storage: Storage, key: string): Promise<void> {
  const at = textKey(KIND.record, key);
  const [sealed] = await storage.getMany([at]);
  if (sealed === undefined) throw new RangeError(`there is no record of ${key}`);
  const middle = sealed.length >> 1;
  const flipped = sealed.map((byte, index) => (index === middle ? byte ^ 4 : byte));
  await storage.commit({ puts: [[at, flipped]], deletes: [] }, 'synced');
}

/** Removes the record of a key, and with `index` what names it. */
export async function dropRecord(storage: Storage, key: string, index: 'index stays' | 'with index'): Promise<void> {
  await storage.commit(removing([textKey(KIND.record, key)]), 'synced');
  if (index === 'with index') await rewriteNames(storage, (named) => (named === key ? undefined : named));
}

/** Takes a copy of a stored record, and gives what puts it back once it was written over: as a disk does that lost a write. */
export async function keepRecord(replica: Replica, key: string): Promise<(storage: Storage) => Promise<unknown>> {
  const at = textKey(KIND.record, key);
  let kept: Uint8Array | undefined;
  await replica.hurt(async (storage) => {
    [kept] = await storage.getMany([at]);
  });
  const sealed = kept;
  if (sealed === undefined) throw new RangeError(`there is no record of ${key}`);
  return async (storage) => storage.commit({ puts: [[at, sealed]], deletes: [] }, 'synced');
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
