/**
 * What the bench of durable stores compares: a durable store, and the same engine used by hand. The raw side gathers
 * its callers with the very class the store uses (GroupCommit), so that what differs is what the store does for each
 * write and not how often it syncs. `quickest`: it is given its values as bytes, and writes them in the way of
 * classic-level that takes the least, a chained batch without options for each put. `common`: it makes its JSON itself
 * and writes arrays of operations, as most programs do.
 */

import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type VersionedKVStore } from 'cairndb';
import { level } from 'cairndb/level';
import { lmdb } from 'cairndb/lmdb';
import { ClassicLevel } from 'classic-level';
import { open } from 'lmdb';
import { GroupCommit } from '../src/store/durable/group-commit.ts';
import type { Profile } from './workload.ts';

export type Kind = 'level' | 'lmdb';
/** How the engine is used by hand. */
export type Manner = 'quickest' | 'common';
export type Durability = 'synced' | 'buffered';

/** One of the sides: a key and the number of its value in the workload. */
export type Side = {
  readonly put: (key: string, value: Profile, bytes: Uint8Array) => Promise<unknown>;
  readonly close: () => Promise<void>;
};

export type Store = VersionedKVStore<Profile>;
export type Values = readonly Profile[];
export type RawLevel = ClassicLevel<string, Uint8Array>;

/** Rows of a batch. */
const ROWS = 1_000;
const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'view' } as const;

/** Runs `work` with a way to make new directories, and removes them all at the end. */
export async function inDirectories<R>(work: (fresh: () => string) => Promise<R>): Promise<R> {
  const root = join(tmpdir(), `cairn-bench-${randomUUID()}`);
  mkdirSync(root);
  let made = 0;
  try {
    return await work(() => join(root, String(made++)));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

export function openCairn(
  directory: string,
  kind: Kind = 'level',
  durability: Durability = 'synced',
  name = 'berlin',
): Promise<Store> {
  const storage = kind === 'level' ? level(directory) : lmdb(directory);
  return openStore<Profile>({ name, storage, durability });
}

export async function openRawLevel(directory: string): Promise<RawLevel> {
  const database: RawLevel = new ClassicLevel(directory, ENCODINGS);
  await database.open();
  return database;
}

/** A durable store, written with `put`. */
export async function cairnSide(directory: string, kind: Kind, durability: Durability): Promise<Side> {
  const store = await openCairn(directory, kind, durability);
  return { put: (key, value) => store.put(key, value), close: () => store.close() };
}

/** The engine by hand, with group commit. */
export async function groupedSide(
  directory: string,
  kind: Kind,
  durability: Durability,
  manner: Manner,
): Promise<Side> {
  const { write, close } = kind === 'level' ? await levelWriter(directory, durability, manner) : lmdbWriter(directory);
  let waiting: Entry[] = [];
  const group = new GroupCommit(() => {
    const entries = waiting;
    waiting = [];
    return write(entries);
  });
  return {
    put: (key, value, bytes) => {
      waiting.push({ key, value: manner === 'common' ? jsonOf(value) : bytes });
      return group.request();
    },
    close,
  };
}

/** The engine by hand, one synced put at a time. */
export async function singleSide(directory: string, kind: Kind): Promise<Side> {
  if (kind === 'lmdb') {
    const { write, close } = lmdbWriter(directory);
    return { put: (key, _value, bytes) => write([{ key, value: bytes }]), close };
  }
  const database = await openRawLevel(directory);
  return {
    put: (key, _value, bytes) => database.put(key, bytes, { sync: true }),
    close: () => database.close(),
  };
}

export function jsonOf(value: Profile): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** Puts a workload into an engine by hand, a batch of `ROWS` at a time, which is synced if it is asked for. */
export async function fillRaw(
  database: RawLevel,
  keys: readonly string[],
  values: Values,
  sync: boolean,
): Promise<void> {
  for (let from = 0; from < keys.length; from += ROWS) {
    const batch = database.batch();
    for (const [at, key] of keys.slice(from, from + ROWS).entries()) batch.put(key, jsonOf(valueAt(values, from + at)));
    await batch.write({ sync });
  }
}

/** The same into a store. */
export async function fillCairn(store: Store, keys: readonly string[], values: Values): Promise<void> {
  for (let from = 0; from < keys.length; from += ROWS)
    await store.batch(keys.slice(from, from + ROWS).map((put, at) => ({ put, value: valueAt(values, from + at) })));
}

/** Values may be fewer than keys; then they repeat. */
function valueAt(values: Values, at: number): Profile {
  return values[at % values.length] as Profile; // in range
}

/** Bytes of all files in a directory. */
export function directoryBytes(directory: string): number {
  return readdirSync(directory).reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
}

type Entry = { readonly key: string; readonly value: Uint8Array };
type EntryWriter = {
  readonly write: (entries: readonly Entry[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

async function levelWriter(directory: string, durability: Durability, manner: Manner): Promise<EntryWriter> {
  const database = await openRawLevel(directory);
  const options = { sync: durability === 'synced' };
  const inArray = (entries: readonly Entry[]): Promise<void> =>
    database.batch(
      entries.map(({ key, value }) => ({ type: 'put', key, value })),
      options,
    );
  const chained = (entries: readonly Entry[]): Promise<void> => {
    const batch = database.batch();
    for (const { key, value } of entries) batch.put(key, value);
    return batch.write(options);
  };
  return { write: manner === 'common' ? inArray : chained, close: () => database.close() };
}

function lmdbWriter(directory: string): EntryWriter {
  const database = open<Uint8Array, string>({
    path: directory,
    ...{ encoding: 'binary', noSubdir: false, overlappingSync: false },
  });
  return {
    write: async (entries) => {
      database.transactionSync(() => {
        for (const { key, value } of entries) database.putSync(key, value);
      });
    },
    close: () => database.close(),
  };
}
